/** The part of $jsonSchema that validators use: types, required, properties, enum, ranges, lengths, patterns, items, combinations. */
import { compare } from './compare';
import { compileRegex } from './regex';
import { badValue, type Doc, isDoc, isNumber, type Maybe, toDouble, typeName, type Value, wholeNumber } from './values';

type Check = (value: Value) => boolean;

const JSON_TYPES: Record<string, string[]> = {
  object: ['object'],
  array: ['array'],
  string: ['string'],
  number: ['int', 'long', 'double', 'decimal'],
  boolean: ['bool'],
  null: ['null'],
};

export function compileJsonSchema(schema: Doc): Check {
  const checks = [...schema].flatMap(([keyword, argument]) => compileKeyword(keyword, argument));
  return (value) => checks.every((check) => check(value));
}

function compileKeyword(keyword: string, argument: Value): Check[] {
  const number = isNumber(argument) ? toDouble(argument) : 0;
  const whole = wholeNumber(argument) ?? 0;
  const list = Array.isArray(argument) ? argument : [argument];
  const nested = (): Check[] => list.filter(isDoc).map(compileJsonSchema);
  switch (keyword) {
    case 'title':
    case 'description':
      return [];
    case 'bsonType': {
      const names = list.map(String);
      return [(value) => names.includes(typeName(value)) || (names.includes('number') && isNumber(value))];
    }
    case 'type': {
      const names = list.flatMap((name) => JSON_TYPES[String(name)] ?? []);
      return [(value) => names.includes(typeName(value))];
    }
    case 'required':
      return [(value) => !isDoc(value) || list.every((name) => value.has(String(name)))];
    case 'properties':
      return isDoc(argument) ? [propertiesCheck(argument)] : [];
    case 'additionalProperties':
      return argument === false ? [() => true] : [];
    case 'enum':
      return [(value) => list.some((item) => compare(item, value) === 0)];
    case 'minimum':
      return [(value) => !isNumber(value) || toDouble(value) >= number];
    case 'maximum':
      return [(value) => !isNumber(value) || toDouble(value) <= number];
    case 'minLength':
      return [(value) => typeof value !== 'string' || [...value].length >= whole];
    case 'maxLength':
      return [(value) => typeof value !== 'string' || [...value].length <= whole];
    case 'pattern': {
      const pattern = compileRegex(String(argument), '');
      return [(value) => typeof value !== 'string' || pattern.test(value)];
    }
    case 'minItems':
      return [(value) => !Array.isArray(value) || value.length >= whole];
    case 'maxItems':
      return [(value) => !Array.isArray(value) || value.length <= whole];
    case 'items': {
      const each = nested()[0] ?? (() => true);
      return [(value) => !Array.isArray(value) || value.every(each)];
    }
    case 'allOf':
      return nested();
    case 'anyOf': {
      const any = nested();
      return [(value) => any.some((check) => check(value))];
    }
    case 'oneOf': {
      const one = nested();
      return [(value) => one.filter((check) => check(value)).length === 1];
    }
    case 'not': {
      const [inner] = nested();
      return [(value) => !inner?.(value)];
    }
    default:
      throw badValue(`$jsonSchema keyword '${keyword}' is not known to this test server`);
  }
}

function propertiesCheck(properties: Doc): Check {
  const checks = [...properties].map(([name, schema]): [string, Check] => [
    name,
    isDoc(schema) ? compileJsonSchema(schema) : () => true,
  ]);
  return (value) => {
    if (!isDoc(value)) return true;
    return checks.every(([name, check]) => {
      const field: Maybe = value.get(name);
      return field === undefined || check(field);
    });
  };
}
