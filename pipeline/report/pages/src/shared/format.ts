// Numbers as the pages show them. A minus is a real minus sign; a missing number is a dash. Attributes (data-value) hold
// the number itself, so that tests and scripts need not read these.
import type { Measure } from '../page_data';

export const missing = '–';
export const thinSpace = '\u202f';

export const measures: Measure[] = ['brain', 'gray_matter', 'white_matter'];
export const measureNames: Record<Measure, string> = {
  brain: 'brain',
  gray_matter: 'gray matter',
  white_matter: 'white matter',
};

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function number(value: number | null | undefined, decimals: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  const text = Math.abs(value).toFixed(decimals);
  return (value < 0 && Number(text) !== 0 ? '−' : '') + text;
}

// With its sign, also a gain's.
export function signed(value: number | null | undefined, decimals = 2): string {
  const text = number(value, decimals);
  return value !== null && value !== undefined && value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

export function percent(value: number | null | undefined, decimals = 2): string {
  const text = signed(value, decimals);
  return text === missing ? text : `${text}${thinSpace}%`;
}

export function percentPerYear(value: number | null | undefined, decimals = 2): string {
  const text = percent(value, decimals);
  return text === missing ? text : `${text} per year`;
}

export function milliliters(value: number | null | undefined, decimals = 1): string {
  const text = number(value, decimals);
  return text === missing ? text : `${text}${thinSpace}mL`;
}

// "−2.13 to −0.69"
export function interval(values: readonly (number | null)[] | null | undefined, decimals = 2): string {
  const [low, high] = values ?? [];
  if (low === null || low === undefined || high === null || high === undefined) return missing;
  return `${signed(low, decimals)} to ${signed(high, decimals)}`;
}

export function days(value: number | null | undefined): string {
  if (value === null || value === undefined) return 'no date';
  return value === 1 ? '1 day' : `${Number(value.toFixed(1))} days`;
}

export function pValue(p: number | null | undefined): string {
  if (p === null || p === undefined) return missing;
  return p < 0.0001 ? 'p < 0.0001' : `p = ${p.toFixed(4)}`;
}

// An amount without sign as the program's sentences give it: two decimals, or two digits where it is small.
export function amount(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  const size = Math.abs(value);
  return size >= 0.095 || size === 0 ? size.toFixed(2) : String(Number(size.toPrecision(2)));
}

// The loss or gain in a word: the sign convention is never left to the reader.
export function direction(value: number): 'loss' | 'gain' | 'no change' {
  if (Math.abs(value) < 0.005) return 'no change';
  return value < 0 ? 'loss' : 'gain';
}

// "2.8 × 10⁶ cells/kg": a unit that starts with a number is multiplied.
export function doseWithUnit(dose: number, unit: string | null): string {
  const trimmed = `${Number(dose.toPrecision(6))}`;
  if (!unit) return trimmed;
  return /^\d/.test(unit) ? `${trimmed} × ${prettyUnit(unit)}` : `${trimmed} ${prettyUnit(unit)}`;
}

const superscripts: Record<string, string> = {
  '-': '⁻',
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
};

export function prettyUnit(unit: string): string {
  return unit.replace(/\^(-?\d+)/g, (_, power: string) =>
    [...power].map((sign) => superscripts[sign] ?? sign).join(''),
  );
}

// A sentence of the program with its powers of ten set as such ("1 x 10^6" becomes "1 × 10⁶"), percent signs kept
// with their numbers.
export function prettySentence(sentence: string): string {
  return sentence
    .replace(/(\d) x (10\^-?\d+)/g, (_, digit: string, power: string) => `${digit} × ${prettyUnit(power)}`)
    .replace(/(\d) %/g, `$1${thinSpace}%`);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
