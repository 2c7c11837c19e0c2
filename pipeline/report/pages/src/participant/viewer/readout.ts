// What is under the crosshair, in words.
import { number, percent } from '../../shared/format';
import type { Triple } from './layout';

export const tissueNames: Record<number, string> = { 1: 'CSF', 2: 'gray matter', 3: 'white matter' };

export interface Reading {
  mm: Triple; // RAS
  change_percent: number | null; // null: not measured here
  from: string;
  to: string;
  tissue: number;
}

function side(value: number, positive: string, negative: string): string {
  const rounded = Math.round(Math.abs(value));
  return rounded === 0 ? '0' : `${value > 0 ? positive : negative} ${rounded}`;
}

export function placeInWords(mm: Triple): string {
  return `${side(mm[0], 'R', 'L')}, ${side(mm[1], 'A', 'P')}, ${side(mm[2], 'S', 'I')} mm`;
}

// "S 20 mm": of a slice.
export function sliceInWords(axis: 0 | 1 | 2, mm: Triple): string {
  const letters = [
    ['R', 'L'],
    ['A', 'P'],
    ['S', 'I'],
  ][axis]!;
  return `${side(mm[axis], letters[0]!, letters[1]!)} mm`;
}

export function changeInWords(reading: Reading): string {
  const tissue = tissueNames[reading.tissue] ?? 'outside the brain';
  if (reading.change_percent === null) return `change not measured here, ${tissue}`;
  const value = reading.change_percent;
  const word = Number(number(Math.abs(value), 1)) === 0 ? 'no change' : value < 0 ? 'loss' : 'gain';
  return `${percent(value, 1)} local volume change (${word}), ${tissue}`;
}
