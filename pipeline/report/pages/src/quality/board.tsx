// The approval board: every visit, worst first, to be passed or failed by keyboard, and the decisions as a file for
// `wane group`.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Decision, QualityPage, QualityVisit } from '../page_data';
import { plural } from '../shared/format';
import { Footer, Notice, Segmented, TopBar } from '../shared/layout';
import { MethodsSection } from '../shared/methods';
import { saveText } from '../shared/save';
import { Badge } from '../shared/verdict';
import { VisitCard, type Action } from './card';
import {
  decisionOf,
  decisionsAsTsv,
  localIsoTime,
  parseDecisions,
  recordedDecision,
  rowsToExport,
  visitKey,
  type DecisionSources,
  type OwnDecision,
} from './decisions';
import { EnlargedDialog, HelpDialog, ReaderDialog, ReasonDialog } from './dialogs';
import { Rail } from './rail';
import { notExported, withAllExported, withDecision, withOpened, withoutLastStep, type Kept } from './store';
import { useKept } from './use_kept';
import { inGroups, plainPassReason, standingOf, standings, standingTitles, visitTitle } from './words';

type Filter = 'all' | 'look' | 'undecided';

const keyOf = (visit: QualityVisit): string => visitKey(visit.participant_id, visit.session);

// What waits for an answer: who reads, or why a visit is passed or failed.
type Question =
  | { kind: 'reader'; then: { visit: QualityVisit; action: Action } | null }
  | { kind: 'reason'; visit: QualityVisit; decision: 'pass' | 'fail' }
  | { kind: 'help' };

function sourcesOf(visits: readonly QualityVisit[], kept: Kept): DecisionSources {
  const onPage = new Map(visits.map((visit) => [keyOf(visit), visit.decision]));
  return {
    page: (visit) => onPage.get(visitKey(visit.participant_id, visit.session)) ?? null,
    opened: kept.opened,
    own: new Map(kept.own.map((row) => [visitKey(row.participant_id, row.session_id), row])),
  };
}

function needsALook(visit: QualityVisit, decision: Decision | null): boolean {
  return standingOf(visit) !== 'pass' && decision === null;
}

function matches(visit: QualityVisit, decision: Decision | null, filter: Filter, search: string): boolean {
  if (filter === 'look' && !needsALook(visit, decision)) return false;
  if (filter === 'undecided' && decision !== null) return false;
  return visitTitle(visit).toLowerCase().includes(search.trim().toLowerCase());
}

const messageStays_ms = 12_000;

// At least this share of a card must be in view before a key decides about it.
const shareInView = 0.3;

function isInView(card: Element): boolean {
  const box = card.getBoundingClientRect();
  const seen = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
  return seen >= shareInView * Math.min(box.height, innerHeight);
}

function cardOf(visit: QualityVisit): HTMLElement | null {
  const cards = document.querySelectorAll<HTMLElement>('.board-card');
  return (
    [...cards].find(
      (card) => card.dataset.participant === visit.participant_id && card.dataset.session === visit.session,
    ) ?? null
  );
}

// How many cards are drawn in full: those that the first screen can show at once, the others when the browser has time,
// so that 1,000 visits open as quickly as ten. Paper gets all.
const cardsAtOnce = 8;
const cardsAtATime = 40;

function useDrawnCards(total: number): number {
  const [drawn, setDrawn] = useState(cardsAtOnce);
  useEffect(() => {
    if (drawn >= total) return;
    const next = setTimeout(() => setDrawn(drawn + cardsAtATime), 20);
    return () => clearTimeout(next);
  }, [drawn, total]);
  return drawn;
}

function Progress({ decided, total }: { decided: number; total: number }) {
  return (
    <div class="board-progress">
      <span>
        <strong>{decided}</strong> of {total} decided
      </span>
      <progress max={total} value={decided} aria-label="Visits decided" />
    </div>
  );
}

export function Board({ page }: { page: QualityPage }) {
  const visits = useMemo(() => inGroups(page.visits), [page]);
  const { kept, isStored, change } = useKept(page.dataset_key);
  const sources = useMemo(() => sourcesOf(visits, kept), [visits, kept]);
  const decisions = useMemo(
    () => new Map(visits.map((visit) => [visit, decisionOf({ ...visit }, sources)])),
    [visits, sources],
  );
  const decided = visits.filter((visit) => decisions.get(visit)).length;

  const [filter, setFilter] = useState<Filter>('all');
  const [search, setSearch] = useState('');
  const [showDose, setShowDose] = useState(false);
  // Who comes back goes on where there is something to decide.
  const [active, setActive] = useState(() => visits.find((visit) => !decisions.get(visit)) ?? visits[0] ?? null);
  const [enlarged, setEnlarged] = useState(false);
  const [question, setQuestion] = useState<Question | null>(null);
  const [message, setMessage] = useState('');
  useEffect(() => {
    if (!message) return;
    const gone = setTimeout(() => setMessage(''), messageStays_ms);
    return () => clearTimeout(gone);
  }, [message]);
  const searchField = useRef<HTMLInputElement>(null);
  const fileField = useRef<HTMLInputElement>(null);

  // A decided visit stays where it is until the filter is set anew: nothing moves under the reader's hands.
  const shown = useMemo(
    () => visits.filter((visit) => matches(visit, decisions.get(visit) ?? null, filter, search)),
    [visits, filter, search],
  );
  const current = active && shown.includes(active) ? active : (shown[0] ?? null);
  const indexOf = useMemo(() => new Map(shown.map((visit, index) => [visit, index])), [shown]);
  const placeOf = (visit: QualityVisit): string => `${(indexOf.get(visit) ?? -1) + 1} of ${shown.length}`;

  const goTo = (visit: QualityVisit | undefined | null): void => {
    if (!visit) return;
    setActive(visit);
    requestAnimationFrame(() => {
      const card = cardOf(visit);
      card?.scrollIntoView({ block: 'start', behavior: 'instant' });
      if (!document.querySelector('dialog[open]')) card?.focus({ preventScroll: true });
    });
  };
  useEffect(() => {
    if (active !== visits[0]) goTo(active);
  }, []);
  const step = (by: number): void => {
    if (current) goTo(shown[shown.indexOf(current) + by]);
  };

  // After a first decision the next undecided visit; after a second thought just the next one.
  const goOn = (from: QualityVisit, wasDecided: boolean): void => {
    const after = shown.slice(shown.indexOf(from) + 1);
    const next = wasDecided ? after[0] : after.find((visit) => !decisions.get(visit));
    if (next) return goTo(next);
    goTo(from);
    if (!wasDecided) setMessage('This was the last undecided visit of this list. Press E to export your decisions.');
  };

  const save = (visit: QualityVisit, decision: 'pass' | 'fail', reason: string, reader = kept.reader): void => {
    const own: OwnDecision = {
      participant_id: visit.participant_id,
      session_id: visit.session,
      decision,
      reason,
      reader,
      time: localIsoTime(new Date()),
      replaces: recordedDecision(visit, sources)?.time ?? null,
    };
    change((before) => withDecision({ ...before, reader }, own));
    setQuestion(null);
    setMessage(`${visitTitle(visit)} ${decision === 'pass' ? 'passed' : 'failed'}: ${reason}. U undoes it.`);
    goOn(visit, decisions.get(visit) !== null);
  };

  const act = (visit: QualityVisit, action: Action, reader = kept.reader): void => {
    setActive(visit);
    if (action === 'enlarge') return setEnlarged(true);
    const before = decisions.get(visit) ?? null;
    if (action === 'note' && !before) return setMessage('Pass or fail the visit first; then give the reason.');
    const decision = action === 'note' ? (before?.decision ?? 'fail') : action;
    if (decision === 'pass' && !visit.usable)
      return setMessage(`${visitTitle(visit)} cannot be used, so it cannot be passed.`);
    if (!reader) return setQuestion({ kind: 'reader', then: { visit, action } });
    if (decision === 'pass' && action === 'pass' && ['pass', 'warn'].includes(standingOf(visit)))
      return save(visit, 'pass', plainPassReason(visit.verdict), reader);
    setQuestion({ kind: 'reason', visit, decision });
  };

  // A key decides only about what the reader sees.
  const actByKey = (action: Action): void => {
    if (!current) return;
    const card = cardOf(current);
    if (enlarged || !card || isInView(card)) return act(current, action);
    goTo(current);
    setMessage(`${visitTitle(current)} was out of view. Look at it, and press the key again.`);
  };

  const undo = (): void => {
    const last = kept.steps.at(-1);
    if (!last) return setMessage('There is nothing to undo.');
    change(withoutLastStep);
    const visit = visits.find((one) => keyOf(one) === last.key);
    setMessage(visit ? `Undone: ${visitTitle(visit)}.` : 'Undone.');
    if (visit && shown.includes(visit)) goTo(visit);
  };

  const exportFile = (): void => {
    const rows = rowsToExport(visits, sources);
    if (rows.length === 0) return setMessage('There is no decision to export yet.');
    saveText(decisionsAsTsv(rows), 'quality_decisions.tsv', 'text/tab-separated-values');
    change(withAllExported);
    setMessage(
      `Saved quality_decisions.tsv with ${plural(decided, 'decided visit')}. Put it into the dataset’s folder in place of the old one, and run wane group.`,
    );
  };

  const openFile = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    const { rows, problems } = parseDecisions(await file.text(), visits);
    change((before) => withOpened(before, rows));
    const unknown = rows.filter(
      (row) =>
        !visits.some(
          (visit) =>
            visit.participant_id === row.participant_id && (row.session_id === '' || row.session_id === visit.session),
        ),
    ).length;
    const parts = [`Opened ${file.name}: ${plural(rows.length, 'decision')}.`, ...problems];
    if (unknown > 0)
      parts.push(
        `${plural(unknown, 'is about a visit', 'are about visits')} that this page does not have; the exported file keeps them.`,
      );
    setMessage(parts.join(' '));
  };

  const choose = (next: Filter): void => {
    setFilter(next);
    setMessage('');
    scrollTo({ top: 0, behavior: 'instant' });
  };

  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || question) return;
    const target = event.target as HTMLElement;
    if (target === searchField.current && (event.key === 'Enter' || event.key === 'Escape')) {
      if (event.key === 'Escape') setSearch('');
      event.preventDefault();
      // The card to go to may not be drawn yet: keys must act on the board all the same.
      searchField.current.blur();
      return goTo(current);
    }
    if (target.matches('input[type="text"], input[type="search"], textarea, select')) return;
    const isControl = target.matches('button, a, summary, input');
    const keys: Record<string, () => void> = {
      j: () => step(1),
      ArrowDown: () => step(1),
      k: () => step(-1),
      ArrowUp: () => step(-1),
      p: () => actByKey('pass'),
      f: () => actByKey('fail'),
      n: () => actByKey('note'),
      u: undo,
      e: exportFile,
      a: () => choose('all'),
      l: () => choose('look'),
      d: () => choose('undecided'),
      '/': () => searchField.current?.focus(),
      '?': () => setQuestion({ kind: 'help' }),
    };
    if (enlarged) {
      const siblings = siblingsOf(current);
      const beside = (by: number): void => goTo(current && siblings[siblings.indexOf(current) + by]);
      Object.assign(keys, {
        ArrowLeft: () => beside(-1),
        ArrowRight: () => beside(1),
        a: undefined,
        l: undefined,
        d: undefined,
        '/': undefined,
      });
      if (target.matches('input[type="range"]')) return;
    }
    if (event.key === 'Enter' && !(isControl && !target.matches('[data-first]')))
      keys.Enter = () => setEnlarged(!enlarged && current !== null);
    // Radio buttons have arrows of their own.
    if (target.matches('input[type="radio"]') && event.key.startsWith('Arrow')) return;
    const does = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!does) return;
    event.preventDefault();
    does();
  };
  const drawn = useDrawnCards(visits.length);

  // Cards that are gone to stop below the bar, which wraps where the window is narrow.
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!bar.current) return;
    const observer = new ResizeObserver(([entry]) => {
      const height = entry?.borderBoxSize[0]?.blockSize;
      if (height) bar.current?.parentElement?.style.setProperty('--tools', `${height}px`);
    });
    observer.observe(bar.current);
    return () => observer.disconnect();
  }, []);

  const latestOnKey = useRef(onKey);
  latestOnKey.current = onKey;
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => latestOnKey.current(event);
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);

  const siblingsOf = (visit: QualityVisit | null): QualityVisit[] =>
    visits
      .filter((one) => one.participant_id === visit?.participant_id)
      .sort((a, b) => (a.days ?? 0) - (b.days ?? 0) || a.session.localeCompare(b.session));

  const waiting = notExported(kept);
  const counts = {
    look: visits.filter((visit) => needsALook(visit, decisions.get(visit) ?? null)).length,
    undecided: visits.length - decided,
  };
  const hasDose = !page.blinded && visits.some((visit) => visit.dose_group !== null);
  const groups = standings
    .map((standing) => ({
      standing,
      title: standingTitles[standing],
      visits: shown.filter((visit) => standingOf(visit) === standing),
    }))
    .filter((group) => group.visits.length > 0);

  return (
    <div
      class="board"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void openFile(event.dataTransfer?.files[0]);
      }}
    >
      <TopBar crumbs={[{ label: 'Trial', href: 'trial.html' }, { label: 'Scan approval' }]}>
        <button class="quiet" type="button" onClick={() => setQuestion({ kind: 'help' })}>
          Keys <kbd>?</kbd>
        </button>
      </TopBar>
      <div class="board-bar" ref={bar}>
        <div class="board-bar-inner">
          <h1 class="board-title">Scan approval</h1>
          <Progress decided={decided} total={visits.length} />
          <Segmented
            name="filter"
            legend="Show"
            value={filter}
            options={[
              { value: 'all', label: `All ${visits.length}` },
              { value: 'look', label: `Needs a look ${counts.look}` },
              { value: 'undecided', label: `Undecided ${counts.undecided}` },
            ]}
            onChange={choose}
          />
          <label class="board-search">
            <span class="visually-hidden">Search for a participant</span>
            <input
              ref={searchField}
              type="search"
              placeholder="Participant  /"
              value={search}
              onInput={(event) => setSearch(event.currentTarget.value)}
            />
          </label>
          <div class="board-tools">
            {page.blinded && <Badge kind="accent">Blinded</Badge>}
            {hasDose && (
              <label class="small row board-dose">
                <input
                  type="checkbox"
                  checked={showDose}
                  onChange={(event) => setShowDose(event.currentTarget.checked)}
                />
                Dose groups
              </label>
            )}
            <button
              type="button"
              class="quiet board-reader"
              title={kept.reader}
              onClick={() => setQuestion({ kind: 'reader', then: null })}
            >
              {kept.reader ? `Reader: ${kept.reader}` : 'Reader'}
            </button>
            <button type="button" class="board-open" onClick={() => fileField.current?.click()}>
              Import
            </button>
            <input
              ref={fileField}
              class="visually-hidden"
              type="file"
              tabIndex={-1}
              aria-label="Open quality_decisions.tsv"
              accept=".tsv,text/tab-separated-values,text/plain"
              onChange={(event) => {
                const field = event.currentTarget;
                void openFile(field.files?.[0]).then(() => (field.value = ''));
              }}
            />
            <button type="button" class={waiting > 0 ? 'primary' : ''} onClick={exportFile}>
              Export{waiting > 0 ? ` ${waiting} new` : ''} <kbd>E</kbd>
            </button>
          </div>
        </div>
      </div>
      <div class="board-body">
        <Rail
          groups={groups}
          decisions={decisions}
          current={current}
          onGo={goTo}
        />
        <div class="board-list">
          {!isStored && (
            <Notice kind="fail">
              This browser cannot save your work on this page: a reload loses your decisions. Export them before you
              close the page.
            </Notice>
          )}
          {visits.length === 0 && <Notice>There are no visits to judge.</Notice>}
          {visits.length > 0 && shown.length === 0 && (
            <Notice>{search ? `No visit of this list matches “${search}”.` : 'Nothing is left in this list.'}</Notice>
          )}
          {groups.map((group) => (
            <section key={group.standing} class="board-group" data-standing={group.standing} aria-label={group.title}>
              <h2>
                {group.title} <span class="soft">{plural(group.visits.length, 'visit')}</span>
              </h2>
              {group.visits.map((visit) => (
                <VisitCard
                  key={keyOf(visit)}
                  visit={visit}
                  decision={decisions.get(visit) ?? null}
                  active={visit === current}
                  full={(indexOf.get(visit) ?? 0) < drawn}
                  place={placeOf(visit)}
                  showDose={hasDose && showDose}
                  onActivate={setActive}
                  onAction={(one, action) => act(one, action)}
                />
              ))}
            </section>
          ))}
          <MethodsSection methods={page.methods} />
          <p class="print-only signature">Reader, date and signature: </p>
          <Footer version={page.version} />
        </div>
      </div>
      <div class="board-message" role="status">
        {message}
      </div>
      <nav class="board-thumb" aria-label="Decide about the marked visit">
        <button type="button" onClick={() => step(-1)} aria-label="Previous visit">
          ↑
        </button>
        <button type="button" class="pass" disabled={!current?.usable} onClick={() => actByKey('pass')}>
          Pass
        </button>
        <button type="button" class="fail" disabled={!current} onClick={() => actByKey('fail')}>
          Fail
        </button>
        <button type="button" onClick={undo} disabled={kept.steps.length === 0}>
          Undo
        </button>
        <button type="button" onClick={() => step(1)} aria-label="Next visit">
          ↓
        </button>
      </nav>
      {enlarged && current && (
        <EnlargedDialog
          visit={current}
          decision={decisions.get(current) ?? null}
          siblings={siblingsOf(current)}
          place={placeOf(current)}
          onShow={goTo}
          onAction={(visit, action) => act(visit, action)}
          onClose={() => {
            setEnlarged(false);
            goTo(current);
          }}
        />
      )}
      {question?.kind === 'reader' && (
        <ReaderDialog
          reader={kept.reader}
          onClose={() => setQuestion(null)}
          onSave={(reader) => {
            change((before) => ({ ...before, reader }));
            setQuestion(null);
            if (question.then) act(question.then.visit, question.then.action, reader);
          }}
        />
      )}
      {question?.kind === 'reason' && (
        <ReasonDialog
          key={keyOf(question.visit) + question.decision}
          visit={question.visit}
          decision={question.decision}
          earlier={
            decisions.get(question.visit)?.decision === question.decision
              ? (decisions.get(question.visit) ?? null)
              : null
          }
          onSave={(reason) => save(question.visit, question.decision, reason)}
          onClose={() => {
            setQuestion(null);
            goTo(question.visit);
          }}
        />
      )}
      {question?.kind === 'help' && (
        <HelpDialog
          onClose={() => {
            setQuestion(null);
            goTo(current);
          }}
        />
      )}
    </div>
  );
}
