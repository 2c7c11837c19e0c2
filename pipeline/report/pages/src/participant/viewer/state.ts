// What the viewer shows, as one value, and what keys do to it.
import type { Triple, View } from './layout';
import { firstWindow } from './images';

export type Mode = 'single' | 'blink' | 'swipe' | 'side';
export type Slot = 'a' | 'b';

export interface ViewState {
  mode: Mode;
  view: View;
  a: number; // index of a visit
  b: number;
  showing: Slot;
  blinking: boolean;
  seconds: number; // that each visit stays while blinking
  swipe: number; // share of a plane that is left of the divider
  voxel: Triple;
  window: { low: number; high: number };
  windowByDrag: boolean; // also with the left button, or a finger
  outline: boolean;
  tissues: boolean;
  change: boolean;
  hidden: boolean; // all overlays, for a look at the scan alone
  opacity: number;
  changeIndex: number;
  range_percent: number;
}

// Not faster: what flashes more than three times in a second can cause seizures (WCAG 2.3.1).
export const fastest_s = 0.35;
export const slowest_s = 2;

export interface Counts {
  visits: number;
  dims: Triple;
}

export function firstState(counts: Counts, changeIndex: number, range_percent: number): ViewState {
  return {
    mode: 'single',
    view: 'all',
    a: 0,
    b: Math.max(0, counts.visits - 1),
    showing: 'a',
    blinking: false,
    seconds: 0.7,
    swipe: 0.5,
    voxel: counts.dims.map((n) => Math.floor(n / 2)) as Triple,
    window: { ...firstWindow },
    windowByDrag: false,
    outline: false,
    tissues: false,
    change: true,
    hidden: false,
    opacity: 0.8,
    changeIndex,
    range_percent,
  };
}

export function visitShown(state: ViewState): number {
  return state.showing === 'a' ? state.a : state.b;
}

// The visit becomes the one that is seen; a visit that a side holds already stays there, so that nothing is loaded anew.
export function showVisit(state: ViewState, visit: number): ViewState {
  const still = { ...state, blinking: false };
  if (visit === state.a) return { ...still, showing: 'a' };
  if (visit === state.b) return { ...still, showing: 'b' };
  return { ...still, b: visit, showing: 'b' };
}

export function setMode(state: ViewState, mode: Mode): ViewState {
  const view = state.view === 'surface' && mode !== 'single' ? 'all' : state.view;
  return { ...state, mode, view, blinking: mode === 'blink' };
}

export function toggleBlink(state: ViewState): ViewState {
  if (state.blinking) return { ...state, blinking: false };
  return setMode(state, 'blink');
}

export function moved(state: ViewState, axis: 0 | 1 | 2, by: number, dims: Triple): ViewState {
  const voxel: Triple = [...state.voxel];
  voxel[axis] = Math.min(dims[axis] - 1, Math.max(0, voxel[axis] + by));
  return { ...state, voxel };
}

const narrowestWindow = 4;

export function windowed(state: ViewState, levelBy: number, widthBy: number): ViewState {
  const level = (state.window.low + state.window.high) / 2 + levelBy;
  const width = Math.max(narrowestWindow, state.window.high - state.window.low + widthBy);
  const bounded = Math.min(255, Math.max(0, level));
  return { ...state, window: { low: bounded - width / 2, high: bounded + width / 2 } };
}

export interface KeyPress {
  key: string;
  shiftKey: boolean;
}

export interface KeyRow {
  keys: string;
  does: string;
}

export const keyRows: KeyRow[] = [
  { keys: 'Space', does: 'start or stop blinking' },
  { keys: '1, 2, …', does: 'show this visit' },
  { keys: '← →', does: 'one slice to the right or left of the person' },
  { keys: '↑ ↓', does: 'one slice up or down' },
  { keys: 'Page Up, Page Down', does: 'one slice forward or backward' },
  { keys: 'M', does: 'map of local change on or off' },
  { keys: 'O', does: 'brain outline on or off' },
  { keys: 'T', does: 'tissue maps on or off' },
  { keys: 'H', does: 'hide or show all overlays' },
  { keys: '[ ]', does: 'less or more opacity' },
  { keys: 'W', does: 'swipe' },
  { keys: 'E', does: 'side by side' },
  { keys: 'Q', does: 'one visit at a time' },
  { keys: '− +', does: 'blink slower or faster' },
  { keys: 'P', does: 'all planes' },
  { keys: 'A, C, S, D', does: 'axial, coronal, sagittal, 3-D' },
  { keys: 'Shift with ↑ ↓ ← →', does: 'brightness and contrast' },
  { keys: 'R', does: 'reset brightness and contrast' },
];

const windowStep = 6;
const opacityStep = 0.1;
const blinkStep_s = 0.15;
const bounded = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

function afterArrow(state: ViewState, { key, shiftKey }: KeyPress, dims: Triple): ViewState | null {
  if (shiftKey) {
    if (key === 'ArrowUp') return windowed(state, -windowStep, 0);
    if (key === 'ArrowDown') return windowed(state, windowStep, 0);
    if (key === 'ArrowLeft') return windowed(state, 0, windowStep);
    if (key === 'ArrowRight') return windowed(state, 0, -windowStep);
    return null;
  }
  // The person's right is on the left of the picture.
  if (key === 'ArrowLeft') return moved(state, 0, 1, dims);
  if (key === 'ArrowRight') return moved(state, 0, -1, dims);
  if (key === 'ArrowUp') return moved(state, 2, 1, dims);
  if (key === 'ArrowDown') return moved(state, 2, -1, dims);
  if (key === 'PageUp') return moved(state, 1, 1, dims);
  if (key === 'PageDown') return moved(state, 1, -1, dims);
  return null;
}

export function movesByKey(key: string): boolean {
  return key.startsWith('Arrow') || key.startsWith('Page');
}

// null: the key means nothing here.
export function afterKey(state: ViewState, press: KeyPress, counts: Counts): ViewState | null {
  if (movesByKey(press.key)) return afterArrow(state, press, counts.dims);
  const key = press.key.toLowerCase();
  const digit = Number(key);
  if (key !== ' ' && Number.isInteger(digit) && digit >= 1 && digit <= counts.visits) return showVisit(state, digit - 1);
  const view = (chosen: View) => ({ ...state, view: chosen });
  switch (key) {
    case ' ':
      return counts.visits > 1 ? toggleBlink(state) : null;
    case 'm':
      return { ...state, change: !state.change, hidden: false };
    case 'o':
      return { ...state, outline: !state.outline, hidden: false };
    case 't':
      return { ...state, tissues: !state.tissues, hidden: false };
    case 'h':
      return { ...state, hidden: !state.hidden };
    case '[':
      return { ...state, opacity: bounded(state.opacity - opacityStep, 0.1, 1) };
    case ']':
      return { ...state, opacity: bounded(state.opacity + opacityStep, 0.1, 1) };
    case 'w':
      return counts.visits > 1 ? setMode(state, 'swipe') : null;
    case 'e':
      return counts.visits > 1 ? setMode(state, 'side') : null;
    case 'q':
      return setMode(state, 'single');
    case '-':
      return { ...state, seconds: bounded(state.seconds + blinkStep_s, fastest_s, slowest_s) };
    case '+':
    case '=':
      return { ...state, seconds: bounded(state.seconds - blinkStep_s, fastest_s, slowest_s) };
    case 'p':
      return view('all');
    case 'a':
      return view('axial');
    case 'c':
      return view('coronal');
    case 's':
      return view('sagittal');
    case 'd':
      return { ...setMode(state, 'single'), view: 'surface' };
    case 'r':
      return { ...state, window: { ...firstWindow } };
    default:
      return null;
  }
}
