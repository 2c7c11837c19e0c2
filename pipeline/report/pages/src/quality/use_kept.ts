// The reader's work as state of the board, kept in the browser's store as far as the browser has one.
import { useEffect, useRef, useState } from 'preact/hooks';
import { notExported, nothingKept, readKept, storageName, writeKept, type Kept } from './store';

export interface KeptState {
  kept: Kept;
  isStored: boolean; // false: a reload loses what was not exported
  change: (next: (kept: Kept) => Kept) => void;
}

function readAtStart(datasetKey: string): { kept: Kept; isStored: boolean } {
  try {
    const kept = readKept(datasetKey);
    writeKept(datasetKey, kept); // a store can be read and yet be closed for writing
    return { kept, isStored: true };
  } catch {
    return { kept: nothingKept, isStored: false };
  }
}

export function useKept(datasetKey: string): KeptState {
  const [state, setState] = useState(() => readAtStart(datasetKey));
  const latest = useRef(state);
  latest.current = state;

  // Decisions made on the same page in another tab.
  useEffect(() => {
    const read = (event: StorageEvent): void => {
      if (event.key !== storageName(datasetKey) && event.key !== null) return;
      setState(readAtStart(datasetKey));
    };
    addEventListener('storage', read);
    return () => removeEventListener('storage', read);
  }, [datasetKey]);

  useEffect(() => {
    const ask = (event: BeforeUnloadEvent): void => {
      if (!latest.current.isStored && notExported(latest.current.kept) > 0) event.preventDefault();
    };
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, []);

  const change = (next: (kept: Kept) => Kept): void => {
    const kept = next(latest.current.kept);
    let isStored = true;
    try {
      writeKept(datasetKey, kept);
    } catch {
      isStored = false;
    }
    latest.current = { kept, isStored };
    setState(latest.current);
  };
  return { ...state, change };
}
