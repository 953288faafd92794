/**
 * What of MongoDB's query language may run: stages, expressions and query operators by allow-list (MongoDB manual 5.0 to 8.0, "Aggregation
 * Stages", "Aggregation Operators", "Query and Projection Operators"). What is in no list doesn't run.
 */

const words = (text: string): ReadonlySet<string> =>
  new Set(
    text
      .trim()
      .split(/\s+/)
      .map((name) => `$${name}`),
  );

/** Operators in expressions: arithmetic, arrays, dates, texts, types, accumulators, window functions. */
export const EXPRESSIONS = words(`
  abs add ceil divide exp floor ln log log10 mod multiply pow round sigmoid sqrt subtract trunc
  arrayElemAt arrayToObject concatArrays filter first firstN in indexOfArray isArray last lastN map maxN minN objectToArray range reduce
  reverseArray size slice sortArray zip
  bitAnd bitNot bitOr bitXor and not or cmp eq gt gte lt lte ne cond ifNull switch binarySize bsonSize
  dateAdd dateDiff dateFromParts dateFromString dateSubtract dateToParts dateToString dateTrunc dayOfMonth dayOfWeek dayOfYear hour
  isoDayOfWeek isoWeek isoWeekYear millisecond minute month second week year tsIncrement tsSecond
  literal getField setField unsetField rand sampleRate toHashedIndexKey mergeObjects
  allElementsTrue anyElementTrue setDifference setEquals setIntersection setIsSubset setUnion
  concat indexOfBytes indexOfCP ltrim regexFind regexFindAll regexMatch replaceOne replaceAll rtrim split strLenBytes strLenCP strcasecmp
  substr substrBytes substrCP toLower toUpper trim meta
  sin cos tan asin acos atan atan2 asinh acosh atanh sinh cosh tanh degreesToRadians radiansToDegrees
  convert isNumber toBool toDate toDecimal toDouble toInt toLong toObjectId toString toUUID type let
  addToSet avg bottom bottomN count max median min percentile push stdDevPop stdDevSamp sum top topN
  covariancePop covarianceSamp denseRank derivative documentNumber expMovingAvg integral linearFill locf rank shift minMaxScaler`);

/** Operators in filters, and in the parts of a projection that look like one. */
export const FILTERS = words(`
  eq gt gte in lt lte ne nin and not nor or exists type expr jsonSchema mod regex options all elemMatch size
  bitsAllClear bitsAllSet bitsAnyClear bitsAnySet text search language caseSensitive diacriticSensitive
  geoIntersects geoWithin near nearSphere geometry maxDistance minDistance box center centerSphere polygon uniqueDocs
  comment sampleRate alwaysTrue alwaysFalse`);

export const PROJECTIONS = words('slice elemMatch meta');

/** How a part of a stage is read. */
export type PartKind =
  | 'filter'
  | 'expression'
  | 'constant'
  | 'number'
  | 'name'
  | 'collection'
  | 'pipeline'
  | 'pipelines'
  | 'sort'
  | { readonly [option: string]: PartKind };

/** Each stage with what it takes; alternatives are told apart by what is written. */
export const STAGES: Readonly<Record<string, readonly PartKind[]>> = {
  $addFields: ['expression'],
  $bucket: [{ groupBy: 'expression', boundaries: 'constant', default: 'constant', output: 'expression' }],
  $bucketAuto: [{ groupBy: 'expression', buckets: 'number', output: 'expression', granularity: 'name' }],
  $count: ['name'],
  $densify: [{ field: 'name', partitionByFields: 'constant', range: 'constant' }],
  $documents: ['expression'],
  $facet: ['pipelines'],
  $fill: [{ partitionBy: 'expression', partitionByFields: 'constant', sortBy: 'sort', output: 'expression' }],
  $geoNear: [
    {
      near: 'constant',
      distanceField: 'name',
      distanceMultiplier: 'constant',
      includeLocs: 'name',
      key: 'name',
      maxDistance: 'constant',
      minDistance: 'constant',
      query: 'filter',
      spherical: 'constant',
    },
  ],
  $graphLookup: [
    {
      from: 'collection',
      startWith: 'expression',
      connectFromField: 'name',
      connectToField: 'name',
      as: 'name',
      maxDepth: 'number',
      depthField: 'name',
      restrictSearchWithMatch: 'filter',
    },
  ],
  $group: ['expression'],
  $limit: ['number'],
  $lookup: [
    { from: 'collection', localField: 'name', foreignField: 'name', as: 'name', let: 'expression', pipeline: 'pipeline' },
  ],
  $match: ['filter'],
  $project: ['expression'],
  $redact: ['expression'],
  $replaceRoot: [{ newRoot: 'expression' }],
  $replaceWith: ['expression'],
  $sample: [{ size: 'number' }],
  $search: ['constant'],
  $searchMeta: ['constant'],
  $set: ['expression'],
  $setWindowFields: [{ partitionBy: 'expression', sortBy: 'sort', output: 'expression' }],
  $skip: ['number'],
  $sort: ['sort'],
  $sortByCount: ['expression'],
  $unionWith: ['collection', { coll: 'collection', pipeline: 'pipeline' }],
  $unset: ['constant'],
  $unwind: ['name', { path: 'name', includeArrayIndex: 'name', preserveNullAndEmptyArrays: 'constant' }],
  $vectorSearch: ['constant'],
};

const ABOUT_THE_SERVER = 'it tells of the server and of other people’s work, not of data';

/** Refused by name with the reason, wherever they stand. */
export const FORBIDDEN: Readonly<Record<string, string>> = {
  $out: 'it writes a collection',
  $merge: 'it writes into a collection',
  $where: 'it runs JavaScript in the database',
  $function: 'it runs JavaScript in the database',
  $accumulator: 'it runs JavaScript in the database',
  $currentOp: ABOUT_THE_SERVER,
  $listSessions: ABOUT_THE_SERVER,
  $listLocalSessions: ABOUT_THE_SERVER,
  $listSampledQueries: ABOUT_THE_SERVER,
  $listSearchIndexes: ABOUT_THE_SERVER,
  $listClusterCatalog: ABOUT_THE_SERVER,
  $listCatalog: ABOUT_THE_SERVER,
  $planCacheStats: ABOUT_THE_SERVER,
  $collStats: ABOUT_THE_SERVER,
  $indexStats: ABOUT_THE_SERVER,
  $operationMetrics: ABOUT_THE_SERVER,
  $queryStats: ABOUT_THE_SERVER,
  $querySettings: ABOUT_THE_SERVER,
  $shardedDataDistribution: ABOUT_THE_SERVER,
  $backupCursor: ABOUT_THE_SERVER,
  $backupCursorExtend: ABOUT_THE_SERVER,
  $changeStream: 'it waits for changes and never ends',
  $changeStreamSplitLargeEvent: 'it waits for changes and never ends',
};

/** Give another answer the next time. */
export const VOLATILE: ReadonlySet<string> = new Set(['$rand', '$sample', '$sampleRate']);

/** System variables that expressions may use; those that a query defines begin with a small letter. */
export const VARIABLES: ReadonlySet<string> = new Set([
  'ROOT',
  'CURRENT',
  'REMOVE',
  'DESCEND',
  'PRUNE',
  'KEEP',
  'NOW',
  'CLUSTER_TIME',
  'SEARCH_META',
]);

/** Operators of updates. */
export const UPDATES = words('set unset inc mul min max rename currentDate setOnInsert push pull pullAll addToSet pop bit');
/** Stages of an update that is a pipeline. */
export const UPDATE_STAGES: ReadonlySet<string> = new Set([
  '$set',
  '$addFields',
  '$unset',
  '$project',
  '$replaceRoot',
  '$replaceWith',
]);

/** Collections of the server's own in every database: users' queries, JavaScript, views' definitions. */
export const isSystemCollection = (name: string): boolean => /^system\./i.test(name);
