/** The fixed phrases of the grammar: operators, openers, markers. Each is matched on lower-case words. */
import type { AggregateFunction, CompareOperator } from './schema';

export interface Phrase<T> {
  words: string[];
  meaning: T;
}

function phrases<T>(table: [string, T][]): Phrase<T>[] {
  return table
    .flatMap(([text, meaning]) => text.split('|').map((phrase) => ({ words: phrase.trim().split(' '), meaning })))
    .sort((a, b) => b.words.length - a.words.length);
}

/** Before a number, a date or an average. */
export const COMPARE_PHRASES = phrases<CompareOperator>([
  [
    'more than|greater than|larger than|bigger than|higher than|over|above|exceeding|exceeds|exceed|exceeded|in excess of|upwards of|better than|surpassing',
    '>',
  ],
  [
    'at least|no less than|not less than|no fewer than|not fewer than|a minimum of|minimum of|greater than or equal to|more than or equal to|not lower than|not below',
    '>=',
  ],
  ['less than|fewer than|smaller than|lower than|under|below|beneath|worse than', '<'],
  [
    'at most|no more than|not more than|up to|a maximum of|less than or equal to|no greater than|not greater than|not over|not exceeding|not above|no higher than',
    '<=',
  ],
  ['equal to|equals|exactly|equal', '='],
  ['not equal to|different from|other than', '<>'],
]);

/** Before a date, or a number that stands for a year. */
export const TIME_PHRASES = phrases<CompareOperator>([
  ['after or in|in or after|on or after|after or on|no earlier than', '>='],
  ['before or in|in or before|on or before|before or on|no later than', '<='],
  ['prior to|earlier than|before', '<'],
  ['later than|after', '>'],
  ['since|starting from|starting in|from', '>='],
  ['until|through|up to', '<='],
]);

/** After a number or a date. */
export const AFTER_PHRASES = phrases<CompareOperator>([
  [
    'or more|or above|or higher|or greater|or over|or after|or later|or older|or larger|and above|and over|and later|and older|or longer|or newer|and up',
    '>=',
  ],
  [
    'or less|or below|or lower|or fewer|or under|or before|or earlier|or younger|and below|and under|or smaller|or shorter|or older than',
    '<=',
  ],
]);

export const COUNT_PHRASES = phrases<true>([
  [
    'how many|the total number of|total number of|total count of|the number of|number of|the count of|count of|count the number of|count how many|count|numbers of|the amount of|amount of|quantity of',
    true,
  ],
]);

export const AGGREGATE_PHRASES = phrases<AggregateFunction>([
  ['the average of|average of|average|avg|mean|the mean of|mean of|typical', 'avg'],
  ['the total of|the sum of|sum of|total of|total amount of|the total amount of|sum|total|combined|overall|how much', 'sum'],
]);

export const GROUP_PHRASES = phrases<true>([
  [
    'for each and every|for each|for every|for all different|for all the different|for different|per|in each|of each|from each|by each|on each|at each|to each|within each|grouped by|group by|broken down by|split by|in every|from every|across|for any|each|every|with each|under each',
    true,
  ],
]);

export const ORDER_PHRASES = phrases<true>([
  [
    'ordered by|order by|sorted by|sort by|sorted in|ordered in|sorted|ordered|sort them by|order them by|sort the results by|order the results by|sort the result by|arranged by|arranged in|ranked by|rank by|ordered according to|sort|order them in|listed in|in order of|in the order of|in increasing order|order the result by|rank them by|sort them in|arrange',
    true,
  ],
]);

/** What a "top 5" is measured by. */
export const TOP_PHRASES = phrases<true>([
  ['by|according to|based on|in terms of|with the highest|with the most|with highest', true],
]);

export const DIRECTION_PHRASES = phrases<'asc' | 'desc'>([
  [
    'in descending order of|in descending order by|in descending order|in decreasing order of|in decreasing order|in reverse alphabetical order|reverse alphabetical order|from high to low|from highest to lowest|from most to least|from large to small|from largest to smallest|high to low|highest to lowest|highest first|largest first|in reverse order|descending order of|descending order|in desc order|from newest to oldest|newest first|most recent first|from latest to earliest|in descending|descending|decreasing|decreasingly|desc|from the highest to the lowest|from the largest to the smallest|from the most to the least|in reverse lexicographical order|from z to a',
    'desc',
  ],
  [
    'in ascending order of|in ascending order by|in ascending order|in ascending alphabetical order of|in ascending alphabetical order|in increasing order of|in increasing order|in alphabetical order of|in alphabetical order by|in alphabetical order|in alphabetic order|in lexicographical order|in lexicographic order|from low to high|from lowest to highest|from least to most|from small to large|from smallest to largest|low to high|lowest to highest|lowest first|ascending order of|ascending order|in chronological order|in order of|oldest first|earliest first|in asc order|in ascending|ascending|increasing|alphabetically|alphabetic order|alphabetical order|asc|from the lowest to the highest|from the smallest to the largest|from a to z|chronologically|from earliest to latest',
    'asc',
  ],
]);

export const OPENERS = phrases<'list' | 'ask'>([
  [
    'show me|give me|find me|tell me|please list|please show|list out|list all|show all|list|show|give|find|return|display|get|report|enumerate|present|fetch|retrieve|i want|i want to see',
    'list',
  ],
  [
    'what is|what are|what was|what were|which are|which is|what|which|who is|who are|who was|who|whose|when|where|count|compute|calculate|determine|what do|state',
    'ask',
  ],
]);

export const MODE_PHRASES = phrases<'contains' | 'starts' | 'ends'>([
  [
    'starts with|start with|starting with|begins with|begin with|beginning with|started with|beginning in|starts from|starts with the letter|starting with the letter|start with the letter|begins with the letter|whose first letter is|starting with letter',
    'starts',
  ],
  ['ends with|end with|ending with|ending in|ends in|ending with the letter|ends with the letter|ending in the letter', 'ends'],
  [
    'contains the word|contain the word|containing the word|contains the substring|contain the substring|containing the substring|contains the phrase|contain the phrase|includes the word|include the word|including the word|including the letter|with the word|with the substring|has the word|having the word|have the word|with the phrase|includes the substring|include the substring|has the substring|have the substring|has the letter|have the letter|contains the letter|contain the letter|containing the letter|with the letter|containing|contains|contain|includes|include|like|similar to|that mention|mentioning',
    'contains',
  ],
]);

export const SELECT_AGAIN = phrases<true>([
  [
    'along with|together with|as well as|and also|and their|with their|and its|with its|and his|and what|and which|and how|and show|and list|and give|and also show|and the corresponding|and corresponding|and for each|and return|and find|plus',
    true,
  ],
]);

export const BOTH_NEGATIONS = new Set([
  'not',
  'no',
  'never',
  'without',
  'except',
  'excluding',
  'neither',
  'cannot',
  'lack',
  'lacks',
  'lacking',
  'nor',
  'besides',
]);
export const RELATIVES = new Set(['who', 'whose', 'that', 'which', 'where', 'with', 'having', 'whom', 'when', 'if']);
export const ASIDE = new Set([
  'of',
  'for',
  'in',
  'from',
  'by',
  'at',
  'on',
  'among',
  'to',
  'within',
  'under',
  'across',
  'into',
  'between',
  'inside',
  'against',
  'during',
  'per',
  'through',
  'about',
  'via',
]);
