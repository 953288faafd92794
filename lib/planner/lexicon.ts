/**
 * General English and general schema habits. Nothing here may come from one particular database: a word belongs here only when
 * it means the same in any.
 */

const list = (text: string): string[] => text.trim().split(/\s+/);

/** Words that carry no meaning of their own for linking. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  list(`a an the of for in on at to from by with and or but as is are was were be been being am do does did done doing have has had
  having it its they them their theirs this that these those there here who whom whose which what where when why how i we you he she his her our my me us
  your all any some every each both either also only just please can could would should will shall may might must show list give find get
  tell return display state me us than then so if such own same other others out up down into about per via through among along within between across over under one ones
  ever yet still too very much many more most less least few not no nor never without except besides instead let want need know see look like
  many kind s t ll d m re ve respectively together overall exist exists existing listed currently available given corresponding associated
  belong belongs belonging contain contains related recorded record records entry entries database table tables data dataset information info detail details
  value values row rows got getting come comes came coming happen happened happens take takes took taken`),
);

export const NUMBER_WORDS: Record<string, number> = Object.fromEntries(
  list(
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty',
  ).map((word, value) => [word, value]),
);
Object.assign(NUMBER_WORDS, { thirty: 30, forty: 40, fifty: 50, hundred: 100, thousand: 1000, twice: 2, dozen: 12 });
delete NUMBER_WORDS.one;
NUMBER_WORDS.one = 1;

export const IRREGULAR: Record<string, string> = {
  people: 'person',
  persons: 'person',
  men: 'man',
  women: 'woman',
  children: 'child',
  countries: 'country',
  cities: 'city',
  companies: 'company',
  categories: 'category',
  series: 'series',
  species: 'species',
  addresses: 'address',
  statuses: 'status',
  status: 'status',
  bus: 'bus',
  buses: 'bus',
  classes: 'class',
  mice: 'mouse',
  geese: 'goose',
  feet: 'foot',
  criteria: 'criterion',
  data: 'data',
  indices: 'index',
  matrices: 'matrix',
  analyses: 'analysis',
  faculties: 'faculty',
  salaries: 'salary',
  movies: 'movie',
  staff: 'staff',
  lives: 'life',
  shelves: 'shelf',
  leaves: 'leave',
  boxes: 'box',
  dishes: 'dish',
  universities: 'university',
  university: 'university',
  universe: 'universe',
  department: 'department',
  departure: 'departure',
  organization: 'organisation',
  organizations: 'organisation',
  news: 'news',
  address: 'address',
  process: 'process',
  business: 'business',
  businesses: 'business',
  busy: 'busy',
  general: 'general',
  generation: 'generation',
  policy: 'policy',
  policies: 'policy',
  police: 'police',
};

/** Abbreviations which are usual in schemas. */
export const ABBREVIATIONS: Record<string, string> = {
  dept: 'department',
  depts: 'departments',
  qty: 'quantity',
  amt: 'amount',
  num: 'number',
  nbr: 'number',
  cnt: 'count',
  addr: 'address',
  dob: 'date of birth',
  emp: 'employee',
  cust: 'customer',
  prod: 'product',
  mgr: 'manager',
  acct: 'account',
  org: 'organisation',
  yr: 'year',
  desc: 'description',
  descr: 'description',
  tel: 'telephone',
  ph: 'phone',
  pct: 'percent',
  avg: 'average',
  max: 'maximum',
  min: 'minimum',
  fname: 'first name',
  lname: 'last name',
  firstname: 'first name',
  lastname: 'last name',
  fullname: 'full name',
  username: 'user name',
  dt: 'date',
  ts: 'timestamp',
  tx: 'transaction',
  txn: 'transaction',
  trans: 'transaction',
  inv: 'invoice',
  ord: 'order',
  cat: 'category',
  loc: 'location',
  lat: 'latitude',
  lng: 'longitude',
  lon: 'longitude',
  std: 'standard',
  stu: 'student',
  prof: 'professor',
  univ: 'university',
  curr: 'currency',
  ccy: 'currency',
  bal: 'balance',
  cd: 'code',
  nm: 'name',
  natl: 'national',
  intl: 'international',
  mfr: 'manufacturer',
  manuf: 'manufacturer',
  supp: 'supplier',
  emps: 'employees',
  hr: 'hour',
  hrs: 'hours',
  mins: 'minutes',
  secs: 'seconds',
  temp: 'temperature',
  hp: 'horsepower',
  mpg: 'miles per gallon',
  uid: 'user id',
  zipcode: 'zip code',
  postcode: 'postal code',
  birthdate: 'birth date',
  birthday: 'birth day',
  dest: 'destination',
  src: 'source',
  perf: 'performance',
  displ: 'displacement',
  edispl: 'engine displacement',
  maker: 'maker',
  info: 'information',
  pos: 'position',
  ref: 'reference',
  img: 'image',
  msg: 'message',
  pwd: 'password',
  seq: 'sequence',
  subj: 'subject',
  grp: 'group',
  lang: 'language',
  gov: 'government',
};

/** Words that schemas glue to others without a mark. */
export const SCHEMA_WORDS: readonly string[] =
  list(`id name code number date time year month day type status price cost amount total count title text state city country address
  phone email first last full user order item product customer line key start end created updated birth home town rate score level group class place unit weight height`);

/** Sets of words that may stand for each other in a question about data. */
export const SYNONYMS: readonly (readonly string[])[] = [
  'singer vocalist musician artist performer',
  'country nation homeland',
  'stadium arena venue',
  'concert show performance gig',
  'car automobile vehicle auto',
  'maker manufacturer producer company brand',
  'teacher instructor lecturer faculty educator tutor',
  'course class subject curriculum lesson module',
  'hometown birthplace',
  'employee worker staff personnel colleague',
  'salary pay wage earnings income compensation',
  'student pupil learner',
  'customer client buyer shopper consumer purchaser',
  'product item good merchandise article',
  'order purchase',
  'price cost charge fee',
  'name title label',
  'city town municipality',
  'location place site whereabouts position spot',
  'department division section',
  'school university college academy',
  'phone telephone cell mobile',
  'email mail',
  'movie film picture',
  'author writer',
  'paper publication article',
  'player athlete sportsman sportsperson',
  'team club squad side',
  'match game fixture',
  'airline carrier airway',
  'hospital clinic',
  'doctor physician medic',
  'pet animal',
  'weight mass',
  'height stature tallness',
  'ship vessel boat',
  'quantity amount count number',
  'rating score grade mark',
  'rank position standing place',
  'gender sex',
  'nationality citizenship country nation',
  'contestant competitor participant candidate entrant',
  'vote ballot',
  'manager supervisor boss head leader chief',
  'owner proprietor holder',
  'area region district zone territory',
  'language tongue',
  'building edifice',
  'apartment flat unit',
  'guest visitor',
  'bill invoice',
  'description detail',
  'kind type category genre sort class',
  'status state condition',
  'start begin beginning commencement opening',
  'end finish close closing',
  'song track tune music',
  'album record',
  'revenue sales turnover income',
  'profit gain',
  'population inhabitant resident people',
  'capacity seat size space',
  'attendance audience spectator attendee viewer',
  'horsepower power',
  'year time',
  'date day time',
  'id identifier',
  'shop store outlet',
  'shipment delivery',
  'vendor supplier provider',
  'job position occupation role profession',
  'money cash fund',
  'member person people',
  'friend buddy',
  'teach instruct',
  'hire recruit employ employment',
  'evaluation assessment review appraisal',
  'bonus reward award premium',
  'award prize trophy medal',
  'earnings prize money income profit',
  'birth born',
  'death dead die',
  'wife husband spouse',
  'dorm dormitory',
  'advisor adviser mentor counselor',
  'gas gasoline fuel',
  'release publish issue',
  'property estate house',
  'garden yard',
  'host presenter',
  'channel station',
  'cartoon animation',
  'template layout',
  'document file paper',
  'paragraph passage',
  'friend pal',
  'museum gallery',
  'visitor guest tourist',
  'tournament competition contest championship event',
  'winner champion victor',
  'loser defeated',
  'battle fight combat war',
  'continent',
  'surface area',
  'life expectancy lifespan',
  'cost expense expenditure spending',
  'treatment therapy cure',
  'breed species',
  'feature characteristic attribute amenity',
  'street road avenue',
  'zip postal postcode',
  'citizen resident inhabitant',
  'version edition release',
  'speed velocity',
  'acceleration accelerate',
  'size dimension',
  'length duration',
  'budget fund',
  'discount reduction rebate',
  'tax duty',
  'stock inventory',
  'comment remark note',
  'reason cause',
  'network net',
  'device machine equipment hardware',
  'alert alarm warning',
  'incident outage problem issue',
  'interface port',
  'user account',
  'subscription plan',
  'return refund',
  'payment transaction',
  'created creation made',
  'share stock',
  'ticker symbol',
  'citation cited cite',
  'conference venue',
  'journal magazine periodical',
].map((text) => list(text));

/** Words for people: link to a table of people when nothing nearer is meant. */
export const PERSON_WORDS: ReadonlySet<string> = new Set(
  list('person people individual human someone anybody anyone man woman men women guy'),
);
export const PERSON_TABLES: ReadonlySet<string> = new Set(
  list(`person people customer client employee worker staff user member student teacher author player singer artist doctor patient professor instructor contact
  owner visitor guest musician actor director manager lead candidate applicant driver pilot nurse physician professional`),
);

export interface Adjective {
  /** Column words to look for, in order of preference; "-" in front turns the direction. */
  concepts: string[];
  direction: 'asc' | 'desc';
}

const adjective = (direction: 'asc' | 'desc', concepts: string): Adjective => ({ direction, concepts: list(concepts) });

const BASE: Record<string, Adjective> = {
  old: adjective('desc', 'age -birth -birthday -birthdate -born -founded -opened -built -year -date -created'),
  young: adjective('asc', 'age -birth -birthday -birthdate -born'),
  tall: adjective('desc', 'height stature'),
  high: adjective('desc', 'height altitude elevation'),
  long: adjective('desc', 'length duration distance time runtime'),
  short: adjective('asc', 'length duration height distance time runtime'),
  heavy: adjective('desc', 'weight mass'),
  light: adjective('asc', 'weight mass'),
  big: adjective('desc', 'size area population capacity amount total volume'),
  large: adjective('desc', 'size area population capacity amount total volume'),
  small: adjective('asc', 'size area population capacity amount total volume'),
  fast: adjective('desc', 'speed velocity -time -duration'),
  quick: adjective('desc', 'speed -time -duration'),
  slow: adjective('asc', 'speed velocity -time -duration'),
  expensive: adjective('desc', 'price cost fee amount charge rate rent total'),
  costly: adjective('desc', 'price cost fee amount charge total'),
  pricey: adjective('desc', 'price cost fee amount charge total'),
  cheap: adjective('asc', 'price cost fee amount charge rate rent total'),
  rich: adjective('desc', 'worth wealth income salary earnings balance money'),
  wealthy: adjective('desc', 'worth wealth income salary earnings balance money'),
  poor: adjective('asc', 'worth wealth income salary earnings balance money'),
  new: adjective('desc', 'date created opened built founded year time joined registered added'),
  recent: adjective('desc', 'date created time timestamp opened year updated joined'),
  late: adjective('desc', 'date created time timestamp opened year updated joined'),
  early: adjective('asc', 'date created time timestamp opened year joined'),
  good: adjective('desc', 'rating score grade rank performance'),
  bad: adjective('asc', 'rating score grade rank performance'),
  populous: adjective('desc', 'population'),
  populated: adjective('desc', 'population'),
  deep: adjective('desc', 'depth'),
  wide: adjective('desc', 'width'),
  hot: adjective('desc', 'temperature'),
  cold: adjective('asc', 'temperature'),
  strong: adjective('desc', 'strength power magnitude'),
  powerful: adjective('desc', 'power horsepower'),
  experienced: adjective('desc', 'experience years'),
  senior: adjective('desc', 'age seniority'),
  profitable: adjective('desc', 'profit margin revenue'),
  valuable: adjective('desc', 'value price worth'),
};

const FORMS: Record<string, [comparative: string, superlative: string]> = {
  old: ['older', 'oldest'],
  young: ['younger', 'youngest'],
  tall: ['taller', 'tallest'],
  high: ['higher', 'highest'],
  long: ['longer', 'longest'],
  short: ['shorter', 'shortest'],
  heavy: ['heavier', 'heaviest'],
  light: ['lighter', 'lightest'],
  big: ['bigger', 'biggest'],
  large: ['larger', 'largest'],
  small: ['smaller', 'smallest'],
  fast: ['faster', 'fastest'],
  quick: ['quicker', 'quickest'],
  slow: ['slower', 'slowest'],
  cheap: ['cheaper', 'cheapest'],
  rich: ['richer', 'richest'],
  wealthy: ['wealthier', 'wealthiest'],
  poor: ['poorer', 'poorest'],
  new: ['newer', 'newest'],
  late: ['later', 'latest'],
  early: ['earlier', 'earliest'],
  good: ['better', 'best'],
  bad: ['worse', 'worst'],
  deep: ['deeper', 'deepest'],
  wide: ['wider', 'widest'],
  hot: ['hotter', 'hottest'],
  cold: ['colder', 'coldest'],
  strong: ['stronger', 'strongest'],
  costly: ['costlier', 'costliest'],
};

export const COMPARATIVES: Record<string, Adjective> = {};
export const SUPERLATIVES: Record<string, Adjective> = {};
for (const [base, [comparative, superlative]] of Object.entries(FORMS)) {
  const meaning = BASE[base];
  if (!meaning) continue;
  COMPARATIVES[comparative] = meaning;
  SUPERLATIVES[superlative] = meaning;
}
COMPARATIVES.elder = adjective('desc', 'age');
SUPERLATIVES.eldest = adjective('desc', 'age -birth');

/** Adjectives that take "most" and "least". */
export const LONG_ADJECTIVES: Record<string, Adjective> = Object.fromEntries(
  [
    'expensive',
    'recent',
    'populous',
    'populated',
    'powerful',
    'experienced',
    'senior',
    'profitable',
    'valuable',
    'costly',
    'wealthy',
  ].flatMap((word) => {
    const meaning = BASE[word];
    return meaning ? [[word, meaning] as const] : [];
  }),
);
export const PLAIN_ADJECTIVES: Record<string, Adjective> = BASE;

/** "least"/"most" of these means frequency. */
export const FREQUENCY_WORDS: ReadonlySet<string> = new Set(
  list('common commmon frequent frequently commonly popular often prevalent used widely prominent typical occurring'),
);

/** Superlatives that only say high or low: the noun that follows tells of what. */
export const HIGH_WORDS: ReadonlySet<string> = new Set(list('highest largest greatest biggest maximum max most top'));
export const LOW_WORDS: ReadonlySet<string> = new Set(list('lowest smallest minimum min least fewest'));

/** Units and the column words they imply. */
export const UNITS: Record<string, string> = {
  pound: 'weight',
  lb: 'weight',
  lbs: 'weight',
  kg: 'weight',
  kilogram: 'weight',
  ton: 'weight',
  gram: 'weight',
  hp: 'horsepower',
  horsepower: 'horsepower',
  dollar: 'price',
  usd: 'price',
  euro: 'price',
  eur: 'price',
  meter: 'length',
  metre: 'length',
  km: 'distance',
  kilometer: 'distance',
  mile: 'distance',
  feet: 'height',
  cm: 'height',
  inch: 'height',
  minute: 'duration',
  hour: 'duration',
  second: 'duration',
  mpg: 'mpg',
  seat: 'capacity',
  'year old': 'age',
};

/** Words for money that comes in or goes out: they mean the amounts of a table. */
export const MONEY_WORDS: ReadonlySet<string> = new Set(
  list('revenue revenues sales turnover income spending spend spends spent earnings proceeds takings paid'),
);
/** Stems of columns that hold such amounts, best first. */
export const MONEY_COLUMNS: readonly string[] = ['revenu', 'amount', 'total', 'sale', 'payment', 'paid'];

/** Verbs that say what is measured: "weighs more than 3" is about a weight. */
export const MEASURE_VERBS: Record<string, string> = {
  weigh: 'weight',
  weighs: 'weight',
  weighed: 'weight',
  weighing: 'weight',
  weighted: 'weight',
  cost: 'price',
  costs: 'price',
  costing: 'price',
  earn: 'salary',
  earns: 'salary',
  earned: 'salary',
  earning: 'salary',
  paid: 'salary',
  lasts: 'duration',
  lasted: 'duration',
  lasting: 'duration',
  accommodate: 'capacity',
  accommodates: 'capacity',
  seats: 'capacity',
  aged: 'age',
  measures: 'height',
  measuring: 'height',
  priced: 'price',
  worth: 'price',
};

/** Demonyms and countries: general knowledge, so that "French" finds France. */
export const DEMONYMS: Record<string, string[]> = Object.fromEntries(
  `french:france german:germany british:united kingdom|uk|great britain|britain|england american:united states|usa|us|united states of america|america chinese:china japanese:japan italian:italy spanish:spain dutch:netherlands|the netherlands|holland
  canadian:canada australian:australia russian:russia indian:india brazilian:brazil mexican:mexico swedish:sweden norwegian:norway danish:denmark finnish:finland polish:poland irish:ireland scottish:scotland welsh:wales english:england|english swiss:switzerland
  austrian:austria belgian:belgium portuguese:portugal greek:greece turkish:turkey egyptian:egypt korean:korea|south korea thai:thailand vietnamese:vietnam argentine:argentina argentinian:argentina chilean:chile colombian:colombia ukrainian:ukraine
  czech:czech republic|czechia hungarian:hungary romanian:romania bulgarian:bulgaria israeli:israel iranian:iran iraqi:iraq saudi:saudi arabia nigerian:nigeria kenyan:kenya cuban:cuba jamaican:jamaica filipino:philippines indonesian:indonesia malaysian:malaysia
  singaporean:singapore pakistani:pakistan european:europe asian:asia african:africa croatian:croatia serbian:serbia icelandic:iceland peruvian:peru`
    .split(/\s+(?=[a-z]+:)/)
    .map((entry) => {
      const [word = '', places = ''] = entry.trim().split(':');
      return [word, places.split('|').map((place) => place.trim())];
    }),
);
export const SAME_PLACE: readonly (readonly string[])[] = [
  ['usa', 'us', 'united states', 'united states of america', 'america', 'u.s.', 'u.s.a.'],
  ['uk', 'united kingdom', 'great britain', 'britain'],
  ['uae', 'united arab emirates'],
];

/** Verbs and fillers of questions: unlinked, they cost little. */
export const LIGHT_WORDS: ReadonlySet<string> = new Set(
  list(`signed signup returned order sell selling presented presents presenting written made make makes making   played playing perform performed performs work works worked working live lives lived living produce produced produces producing
  own owns owned owning belong located situated use uses used using hold holds held holding offer offers offered provide provides provided sell sells sold selling buy bought buys  placed
  born called named titled compute calculate determine count counted number many total associated registered enrolled enroll enrolled attend attended attends participated participate participates join joined joining
  receive received receives send sent earn earned earns pay paid pays spend spent   weigh weighs weighed write wrote written writes published publish release released teach teaches taught taught
   won wins lose lost  visited  stay stayed run runs ran running start started starts end ended ends begin began built build builds create created creates creating open opened opens
  assigned arranged shared  include including included includes involve involved appear appears appeared occur occurred occurs happen happening happened  part taking lead leads led manage manages managed
   ordered  sorted sort arrange descending ascending alphabetical alphabetically alphabetic lexicographical lexicographic reverse chronological decreasing increasing respective exactly single origin originally
  following current currently least different distinct unique separate various several two either based result results answer whole entire total altogether individually existing possible across amongst also  thing things stuff group grouped
  driven drive drives drove treat treated treats hired hire hires employ employed employs allocated listed list host hosted hosts directed direct directs represent represents represented cast  voted  scored  
  obtain obtained achieve achieved gain gained reach reached flew fly flies flying depart departs departed arrive arrives arrived speak speaks spoken spoke study studied studies graduate graduated receive live  raised got get gets keep kept stand stands word words substring letter string somewhere anything something nothing none`),
);

/** Stems of units that a column's name may end with ("downtime_minutes"): nobody has to say them. */
export const UNIT_STEMS: ReadonlySet<string> = new Set(
  list('minut second hour ms mbp mbps gb mb kb percent pct usd eur euro kg km'),
);

/** What is sold, in numbers. */
export const PIECES: ReadonlySet<string> = new Set(list('units pieces items copies'));

/** Verbs of selling, where no table is called so. */
export const SOLD_WORDS: ReadonlySet<string> = new Set(list('sold bought purchased'));

/** Words for the opposite of what a yes-or-no column says. */
export const OPPOSITES: Readonly<Record<string, string>> = {
  disabled: 'enabled',
  closed: 'open',
  hidden: 'visible',
  blocked: 'allowed',
};

/** Stems that name any row or any figure: they need no column of their own. */
export const NEVER_NAMES: ReadonlySet<string> = new Set(
  list('name titl id number code date valu detail inform list type amount total record data person peopl'),
);
