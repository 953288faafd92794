/** Words and weights of the storefront sample. Names are common ones of each country; nobody is meant. */

export interface Country {
  name: string;
  weight: number;
  cities: readonly (readonly [name: string, weight: number])[];
  firstNames: readonly string[];
  lastNames: readonly string[];
}

const ENGLISH_FIRST = [
  'James',
  'Mary',
  'Robert',
  'Patricia',
  'John',
  'Jennifer',
  'Michael',
  'Linda',
  'David',
  'Elizabeth',
  'William',
  'Susan',
  'Olivia',
  'Noah',
  'Emma',
  'Liam',
  'Ava',
  'Ethan',
  'Sophia',
  'Grace',
];
const ENGLISH_LAST = [
  'Smith',
  'Johnson',
  'Williams',
  'Brown',
  'Jones',
  'Miller',
  'Davis',
  'Wilson',
  'Taylor',
  'Clark',
  'Walker',
  'Hall',
  'Wright',
  'Green',
  'Baker',
  'Carter',
  'Turner',
  'Cooper',
  'Ward',
  'Hughes',
];

export const COUNTRIES: readonly Country[] = [
  {
    name: 'United States',
    weight: 34,
    cities: [
      ['New York', 26],
      ['Los Angeles', 19],
      ['Chicago', 14],
      ['Houston', 11],
      ['Phoenix', 8],
      ['Seattle', 9],
      ['Boston', 7],
      ['Denver', 6],
    ],
    firstNames: ENGLISH_FIRST,
    lastNames: ENGLISH_LAST,
  },
  {
    name: 'United Kingdom',
    weight: 17,
    cities: [
      ['London', 48],
      ['Manchester', 17],
      ['Birmingham', 14],
      ['Leeds', 11],
      ['Glasgow', 10],
    ],
    firstNames: ['Oliver', 'Amelia', 'Harry', 'Isla', 'George', 'Ella', 'Arthur', 'Freya', ...ENGLISH_FIRST.slice(0, 8)],
    lastNames: ['Evans', 'Thomas', 'Roberts', 'Robinson', 'Wood', 'Thompson', ...ENGLISH_LAST.slice(0, 12)],
  },
  {
    name: 'Germany',
    weight: 16,
    cities: [
      ['Berlin', 32],
      ['Hamburg', 21],
      ['Munich', 20],
      ['Cologne', 15],
      ['Leipzig', 12],
    ],
    firstNames: ['Anna', 'Lukas', 'Lena', 'Jonas', 'Mia', 'Felix', 'Laura', 'Paul', 'Clara', 'Maximilian', 'Hannah', 'Jürgen'],
    lastNames: [
      'Müller',
      'Schmidt',
      'Schneider',
      'Fischer',
      'Weber',
      'Meyer',
      'Wagner',
      'Becker',
      'Hoffmann',
      'Schäfer',
      'Koch',
      'Krüger',
    ],
  },
  {
    name: 'France',
    weight: 11,
    cities: [
      ['Paris', 45],
      ['Lyon', 18],
      ['Marseille', 17],
      ['Toulouse', 11],
      ['Lille', 9],
    ],
    firstNames: ['Camille', 'Louis', 'Manon', 'Hugo', 'Léa', 'Jules', 'Chloé', 'Arthur', 'Inès', 'Gabriel'],
    lastNames: ['Martin', 'Bernard', 'Dubois', 'Thomas', 'Robert', 'Petit', 'Durand', 'Leroy', 'Moreau', 'Lefèvre'],
  },
  {
    name: 'Canada',
    weight: 8,
    cities: [
      ['Toronto', 40],
      ['Montreal', 26],
      ['Vancouver', 22],
      ['Calgary', 12],
    ],
    firstNames: ENGLISH_FIRST,
    lastNames: ['Tremblay', 'Roy', 'Gagnon', ...ENGLISH_LAST],
  },
  {
    name: 'Spain',
    weight: 6,
    cities: [
      ['Madrid', 42],
      ['Barcelona', 34],
      ['Valencia', 14],
      ['Seville', 10],
    ],
    firstNames: ['Lucía', 'Hugo', 'María', 'Mateo', 'Paula', 'Daniel', 'Carmen', 'Pablo'],
    lastNames: ['García', 'Rodríguez', 'González', 'Fernández', 'López', 'Martínez', 'Sánchez', 'Pérez'],
  },
  {
    name: 'Netherlands',
    weight: 5,
    cities: [
      ['Amsterdam', 46],
      ['Rotterdam', 32],
      ['Utrecht', 22],
    ],
    firstNames: ['Daan', 'Emma', 'Sem', 'Tess', 'Bram', 'Sanne', 'Finn', 'Lotte'],
    lastNames: ['de Jong', 'Jansen', 'de Vries', 'van den Berg', 'Bakker', 'Visser', "van 't Hof"],
  },
  {
    name: 'Japan',
    weight: 3,
    cities: [
      ['Tokyo', 60],
      ['Osaka', 28],
      ['Sapporo', 12],
    ],
    firstNames: ['Haruto', 'Yui', 'Sota', 'Aoi', 'Ren', 'Hina'],
    lastNames: ['Sato', 'Suzuki', 'Takahashi', 'Tanaka', 'Watanabe', 'Ito'],
  },
];

export interface Category {
  name: string;
  department: string;
  weight: number;
  /** Whole cents. */
  price: readonly [low: number, high: number];
  /** Share of items that come back, in percent. */
  returned: number;
  nouns: readonly string[];
}

export const CATEGORIES: readonly Category[] = [
  {
    name: 'Laptops',
    department: 'Electronics',
    weight: 4,
    price: [54_900, 249_900],
    returned: 6,
    nouns: ['Laptop 13', 'Laptop 14', 'Laptop 15', 'Laptop 16'],
  },
  {
    name: 'Phones',
    department: 'Electronics',
    weight: 7,
    price: [19_900, 129_900],
    returned: 6,
    nouns: ['Phone', 'Phone Plus', 'Phone Mini', 'Phone Max'],
  },
  {
    name: 'Headphones',
    department: 'Electronics',
    weight: 9,
    price: [2_900, 39_900],
    returned: 5,
    nouns: ['Earbuds', 'Headphones', 'Headset', 'Sports Earbuds'],
  },
  {
    name: 'Cameras',
    department: 'Electronics',
    weight: 2,
    price: [24_900, 289_900],
    returned: 4,
    nouns: ['Camera', 'Action Camera', 'Zoom Lens', 'Tripod'],
  },
  {
    name: 'Chargers',
    department: 'Electronics',
    weight: 12,
    price: [900, 7_900],
    returned: 3,
    nouns: ['USB-C Charger', 'Power Bank', 'Charging Cable', 'Wireless Charger'],
  },
  {
    name: 'Shoes',
    department: 'Clothing',
    weight: 10,
    price: [3_900, 18_900],
    returned: 17,
    nouns: ['Running Shoes', 'Sneakers', 'Boots', 'Sandals'],
  },
  {
    name: 'Jackets',
    department: 'Clothing',
    weight: 6,
    price: [4_900, 32_900],
    returned: 15,
    nouns: ['Rain Jacket', 'Down Jacket', 'Parka', 'Fleece'],
  },
  {
    name: 'Shirts',
    department: 'Clothing',
    weight: 13,
    price: [1_490, 7_900],
    returned: 13,
    nouns: ['T-Shirt', 'Shirt', 'Polo', 'Blouse'],
  },
  {
    name: 'Trousers',
    department: 'Clothing',
    weight: 9,
    price: [2_990, 13_900],
    returned: 16,
    nouns: ['Jeans', 'Chinos', 'Shorts', 'Leggings'],
  },
  {
    name: 'Cookware',
    department: 'Home',
    weight: 8,
    price: [1_490, 24_900],
    returned: 3,
    nouns: ['Frying Pan', 'Saucepan', 'Casserole', 'Knife Set'],
  },
  {
    name: 'Lighting',
    department: 'Home',
    weight: 6,
    price: [1_290, 19_900],
    returned: 4,
    nouns: ['Desk Lamp', 'Floor Lamp', 'Pendant Light', 'LED Strip'],
  },
  {
    name: 'Bedding',
    department: 'Home',
    weight: 7,
    price: [1_990, 17_900],
    returned: 6,
    nouns: ['Duvet', 'Pillow', 'Bed Linen', 'Blanket'],
  },
  {
    name: 'Furniture',
    department: 'Home',
    weight: 3,
    price: [8_900, 119_900],
    returned: 7,
    nouns: ['Armchair', 'Bookcase', 'Desk', 'Office Chair'],
  },
  {
    name: 'Camping',
    department: 'Outdoor',
    weight: 5,
    price: [990, 44_900],
    returned: 5,
    nouns: ['Tent', 'Sleeping Bag', 'Camping Stove', 'Headlamp'],
  },
  {
    name: 'Cycling',
    department: 'Outdoor',
    weight: 5,
    price: [1_290, 89_900],
    returned: 5,
    nouns: ['Helmet', 'Bike Light', 'Trekking Bike', 'Bike Lock'],
  },
  {
    name: 'Fitness',
    department: 'Outdoor',
    weight: 6,
    price: [990, 59_900],
    returned: 4,
    nouns: ['Yoga Mat', 'Dumbbell Set', 'Rowing Machine', 'Kettlebell'],
  },
  {
    name: 'Toys',
    department: 'Family',
    weight: 9,
    price: [790, 12_900],
    returned: 3,
    nouns: ['Building Blocks', 'Puzzle', 'Board Game', 'Plush Bear'],
  },
  {
    name: 'Books',
    department: 'Family',
    weight: 14,
    price: [690, 4_900],
    returned: 1,
    nouns: ['Cookbook', 'Novel', 'Travel Guide', 'Picture Book'],
  },
];

export const BRANDS = [
  'Norvik',
  'Alder',
  'Kestrel',
  'Lumen & Oak',
  'Halden',
  'Brightwater',
  'Tamarack',
  'Ostrava',
  'Pine Street',
  'Solace',
  'Verdant',
  'Marlowe',
  'Cobalt',
  'Ridgeway',
];

export const RETURN_REASONS: readonly (readonly [reason: string, weight: number])[] = [
  ['wrong size', 31],
  ['changed mind', 24],
  ['damaged', 15],
  ['not as described', 14],
  ['arrived late', 9],
  ['wrong item', 7],
];
