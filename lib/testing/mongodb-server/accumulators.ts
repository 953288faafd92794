/** What $group adds up, with mongod's rules for types: sums of integers stay integers, of decimals exact, of doubles compensated. */
import { compare, keyOf } from './compare';
import { Decimal } from './decimal';
import { compileExpression, type Env, type Expression } from './expressions';
import { evaluateByMingo } from './mingo-fallback';
import { compileSort } from './sort';
import {
  type Doc,
  failedToParse,
  Int32,
  int,
  integer,
  isDoc,
  isNumber,
  type Maybe,
  type NumberValue,
  ServerError,
  toDouble,
  type Value,
  wholeNumber,
} from './values';

export interface Accumulator {
  add(value: Maybe): void;
  result(): Maybe;
}

/** An exact total of numbers of any types. */
export class Total {
  private whole = 0n;
  private small = 0;
  private long = false;
  private double: number | null = null;
  private lost = 0;
  private decimal: Decimal | null = null;
  count = 0;

  add(value: NumberValue): void {
    this.count += 1;
    if (value instanceof Int32) {
      this.small += value.value;
      if (this.small > 2 ** 52 || this.small < -(2 ** 52)) this.carry();
    } else if (typeof value === 'bigint') {
      this.long = true;
      this.whole += value;
    } else if (value instanceof Decimal) this.decimal = this.decimal ? this.decimal.plus(value) : value;
    else this.addDouble(value);
  }

  private carry(): void {
    this.whole += BigInt(this.small);
    this.small = 0;
  }

  /** Neumaier's sum. */
  private addDouble(value: number): void {
    const before = this.double ?? 0;
    const after = before + value;
    if (Number.isFinite(after))
      this.lost += Math.abs(before) >= Math.abs(value) ? before - after + value : value - after + before;
    this.double = after;
  }

  result(): NumberValue {
    this.carry();
    const doubles = this.double === null ? null : this.double + this.lost;
    if (this.decimal) {
      const integers = this.decimal.plus(Decimal.of(this.whole, 0));
      return doubles === null ? integers : integers.plus(Decimal.fromDouble(doubles));
    }
    return doubles === null ? integer(this.whole, this.long) : doubles + Number(this.whole);
  }

  average(): Maybe {
    if (this.count === 0) return null;
    const sum = this.result();
    return sum instanceof Decimal ? sum.over(Decimal.of(BigInt(this.count), 0)) : toDouble(sum) / this.count;
  }
}

type Make = () => Accumulator;

function totals(read: (total: Total) => Maybe): Make {
  return () => {
    const total = new Total();
    return {
      add: (value) => {
        if (isNumber(value)) total.add(value);
      },
      result: () => read(total),
    };
  };
}

function extreme(sign: number): Make {
  return () => {
    let best: Maybe = null;
    return {
      add: (value) => {
        if (value !== null && value !== undefined && (best === null || best === undefined || compare(value, best) * sign > 0))
          best = value;
      },
      result: () => best,
    };
  };
}

function collect(finish: (values: Value[]) => Maybe, keep: (value: Maybe) => boolean = (value) => value !== undefined): Make {
  return () => {
    const values: Value[] = [];
    return {
      add: (value) => {
        if (keep(value)) values.push(value ?? null);
      },
      result: () => finish(values),
    };
  };
}

const SIMPLE: Record<string, Make> = {
  $sum: totals((total) => total.result()),
  $avg: totals((total) => total.average()),
  $min: extreme(-1),
  $max: extreme(1),
  $push: collect((values) => values),
  $first: () => {
    let seen = false;
    let first: Maybe;
    return {
      add: (value) => {
        if (!seen) first = value;
        seen = true;
      },
      result: () => first ?? null,
    };
  },
  $last: () => {
    let last: Maybe;
    return {
      add: (value) => {
        last = value;
      },
      result: () => last ?? null,
    };
  },
  $addToSet: collect((values) => [...new Map(values.map((value) => [keyOf(value), value])).values()]),
  $mergeObjects: collect((values) => new Map(values.filter(isDoc).flatMap((one) => [...one]))),
  $stdDevPop: collect((values) => evaluateByMingo('$stdDevPop', values), isNumber),
  $stdDevSamp: collect((values) => (values.length < 2 ? null : evaluateByMingo('$stdDevSamp', values)), isNumber),
};

/** One accumulator of a $group: how its argument is computed, and what adds it up. */
export interface CompiledAccumulator {
  input: Expression;
  make: Make;
}

/** @throws error 15952 for a name that isn't an accumulator */
export function compileAccumulator(field: string, spec: Value, env: Pick<Env, 'vars'>): CompiledAccumulator {
  if (!isDoc(spec) || spec.size !== 1)
    throw new ServerError(40234, 'Location40234', `The field '${field}' must be an accumulator object`);
  const [[name, argument] = ['', null]] = [...spec];
  const make = SIMPLE[name];
  if (make) return { input: compileExpression(argument, env), make };
  if (name === '$count') return { input: () => int(1), make: totals((total) => total.result()) };
  if (!isDoc(argument)) throw new ServerError(15952, 'Location15952', `unknown group operator '${name}'`);
  return compileN(name, argument, env);
}

/** $firstN and the like, $top and $bottom, $median and $percentile. */
function compileN(name: string, spec: Doc, env: Pick<Env, 'vars'>): CompiledAccumulator {
  const n = wholeNumber(spec.get('n') ?? int(1)) ?? 1;
  const input = compileExpression(spec.get('input') ?? spec.get('output') ?? null, env);
  const ascending = (values: Value[]): Value[] => [...values].sort(compare);
  const filled = (value: Maybe): boolean => value !== null && value !== undefined;
  switch (name) {
    case '$firstN':
      return {
        input,
        make: collect(
          (values) => values.slice(0, n),
          () => true,
        ),
      };
    case '$lastN':
      return {
        input,
        make: collect(
          (values) => values.slice(-n),
          () => true,
        ),
      };
    case '$minN':
      return { input, make: collect((values) => ascending(values).slice(0, n), filled) };
    case '$maxN':
      return { input, make: collect((values) => ascending(values).reverse().slice(0, n), filled) };
    case '$median':
    case '$percentile': {
      const p = spec.get('p');
      const wanted = name === '$median' ? [0.5] : Array.isArray(p) ? p.filter(isNumber).map(toDouble) : [];
      const pick = (values: Value[]): Maybe => {
        const all = ascending(values);
        const found = wanted.map((share): Value => all[Math.max(0, Math.ceil(share * all.length) - 1)] ?? null);
        return name === '$median' ? (found[0] ?? null) : found;
      };
      return { input, make: collect(pick, isNumber) };
    }
    case '$top':
    case '$bottom':
    case '$topN':
    case '$bottomN':
      return compileTop(name, n, spec, input);
    default:
      throw new ServerError(15952, 'Location15952', `unknown group operator '${name}'`);
  }
}

function compileTop(name: string, n: number, spec: Doc, output: Expression): CompiledAccumulator {
  const sortBy = spec.get('sortBy');
  if (!isDoc(sortBy)) throw failedToParse(`Missing value for '${name}.sortBy'`);
  const sort = compileSort(sortBy);
  const pairs = (values: Value[]): Value[] => {
    const items = values.map((value) => (isDoc(value) ? value : new Map<string, Value>()));
    const sorted = sort(items, (item) => item.get('document') as Doc).map((item) => item.get('output') ?? null);
    return name.startsWith('$top') ? sorted.slice(0, n) : sorted.slice(-n);
  };
  const input: Expression = (scope) =>
    new Map<string, Value>([
      ['document', scope.root ?? null],
      ['output', output(scope) ?? null],
    ]);
  return { input, make: collect((values) => (name.endsWith('N') ? pairs(values) : (pairs(values)[0] ?? null))) };
}
