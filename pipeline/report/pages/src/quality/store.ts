// What this browser keeps of a reader's work, under the dataset's own key: a page that is opened by file:// shares its
// storage with all other such pages.
import { visitKey, type DecisionRow, type OwnDecision } from './decisions';

export interface Step {
  key: string; // visitKey
  before: OwnDecision | null; // what undo brings back
}

export interface Kept {
  reader: string;
  own: OwnDecision[];
  opened: DecisionRow[];
  steps: Step[]; // the latest last
  exported: string[]; // exportMark of each decision that stands in a file already
}

export const nothingKept: Kept = { reader: '', own: [], opened: [], steps: [], exported: [] };

// As many steps as a reader may want back; the store is small (5 MB in chromium).
const mostSteps = 200;

export const exportMark = (row: DecisionRow): string =>
  `${visitKey(row.participant_id, row.session_id)}\t${row.time}\t${row.decision}\t${row.reason}`;

export const storageName = (datasetKey: string): string => `wane-quality/1/${datasetKey}`;

const isRow = (row: unknown): row is OwnDecision => {
  const r = row as Partial<OwnDecision> | null;
  const texts = [r?.participant_id, r?.session_id, r?.reason, r?.reader, r?.time];
  return texts.every((text) => typeof text === 'string') && (r?.decision === 'pass' || r?.decision === 'fail');
};

function keptIn(text: string | null): Kept {
  if (!text) return nothingKept;
  try {
    const kept = JSON.parse(text) as Partial<Kept>;
    const list = <T>(value: T[] | undefined): T[] => (Array.isArray(value) ? value : []);
    return {
      reader: typeof kept.reader === 'string' ? kept.reader : '',
      own: list(kept.own).filter(isRow),
      opened: list(kept.opened).filter(isRow),
      steps: list(kept.steps).filter(
        (step) => typeof step?.key === 'string' && (step.before === null || isRow(step.before)),
      ),
      exported: list(kept.exported).filter((mark) => typeof mark === 'string'),
    };
  } catch {
    return nothingKept; // not ours, or cut off: as if there were none
  }
}

// Each throws where the browser refuses storage.
export const readKept = (datasetKey: string): Kept => keptIn(localStorage.getItem(storageName(datasetKey)));
export const writeKept = (datasetKey: string, kept: Kept): void =>
  localStorage.setItem(storageName(datasetKey), JSON.stringify(kept));

// ------------------------------------------------------------------------------------------- each gives a new value
const withOwn = (own: readonly OwnDecision[], key: string, decision: OwnDecision | null): OwnDecision[] => {
  const others = own.filter((row) => visitKey(row.participant_id, row.session_id) !== key);
  return decision ? [...others, decision] : others;
};

export function withDecision(kept: Kept, decision: OwnDecision): Kept {
  const key = visitKey(decision.participant_id, decision.session_id);
  const before = kept.own.find((row) => visitKey(row.participant_id, row.session_id) === key) ?? null;
  return { ...kept, own: withOwn(kept.own, key, decision), steps: [...kept.steps, { key, before }].slice(-mostSteps) };
}

export function withoutLastStep(kept: Kept): Kept {
  const step = kept.steps.at(-1);
  if (!step) return kept;
  return { ...kept, own: withOwn(kept.own, step.key, step.before), steps: kept.steps.slice(0, -1) };
}

export function withOpened(kept: Kept, rows: readonly DecisionRow[]): Kept {
  const have = new Set(kept.opened.map((row) => exportMark(row) + row.reader));
  return { ...kept, opened: [...kept.opened, ...rows.filter((row) => !have.has(exportMark(row) + row.reader))] };
}

export const withAllExported = (kept: Kept): Kept => ({ ...kept, exported: kept.own.map(exportMark) });

export const notExported = (kept: Kept): number =>
  kept.own.filter((row) => !kept.exported.includes(exportMark(row))).length;
