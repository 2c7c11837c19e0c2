// The board's dialogs: native <dialog> elements, so that focus stays inside and Esc closes.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Decision, QualityVisit } from '../page_data';
import { cleanCell } from './decisions';
import { DecisionLine, StandingBadge, whyNotMeasured, type Action } from './card';
import {
  failReasons,
  findingsOf,
  passReasons,
  sentenceOf,
  standingOf,
  unmeasuredPassReasons,
  visitTitle,
} from './words';

interface DialogProps {
  name: string;
  title: string;
  class?: string;
  sharesKeys?: boolean; // with the board; else a key that is pressed here means nothing there
  onClose: () => void;
  children: ComponentChildren;
}

export function Dialog(props: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  // Before anything is painted: who types F and 1 in one go means the dialog with the 1.
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>('[data-first]')?.focus();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      class={`board-dialog ${props.class ?? ''}`}
      aria-labelledby={`${props.name}-title`}
      data-dialog={props.name}
      onKeyDown={(event) => !props.sharesKeys && event.stopPropagation()}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onClick={(event) => event.target === element.current && props.onClose()}
    >
      <div class="board-dialog-inner">
        <h2 id={`${props.name}-title`}>{props.title}</h2>
        {props.children}
      </div>
    </dialog>
  );
}

export function ReaderDialog(props: { reader: string; onSave: (reader: string) => void; onClose: () => void }) {
  const [name, setName] = useState(props.reader);
  const reader = cleanCell(name);
  const save = (event: Event): void => {
    event.preventDefault();
    if (reader) props.onSave(reader);
  };
  return (
    <Dialog name="reader" title="Who is reading?" onClose={props.onClose}>
      <form class="stack" onSubmit={save}>
        <label class="stack field">
          <span>Your name or initials. They stand beside each of your decisions in the file.</span>
          <input
            type="text"
            data-first
            autocomplete="off"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <div class="row">
          <button type="submit" class="primary" disabled={!reader}>
            Start
          </button>
          <button type="button" class="quiet" onClick={props.onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}

// "motion: rings in the frontal lobe" in its parts; a reason of somebody else's words is a note to "other".
function partsOf(reason: string, reasons: readonly string[]): { chosen: string; note: string } {
  const chosen = reasons.find((one) => one !== 'other' && (reason === one || reason.startsWith(`${one}: `)));
  return chosen ? { chosen, note: reason.slice(chosen.length + 2) } : { chosen: 'other', note: reason };
}

export function ReasonDialog(props: {
  visit: QualityVisit;
  decision: 'pass' | 'fail';
  earlier: Decision | null; // with the same decision: its reason is what is changed
  onSave: (reason: string) => void;
  onClose: () => void;
}) {
  const standing = standingOf(props.visit);
  const reasonsToPass = standing === 'unmeasured' ? unmeasuredPassReasons : passReasons;
  const reasons = props.decision === 'pass' ? reasonsToPass : failReasons;
  const start = props.earlier ? partsOf(props.earlier.reason, reasons) : { chosen: '', note: '' };
  const [chosen, setChosen] = useState(start.chosen);
  const [note, setNote] = useState(start.note);
  const noteField = useRef<HTMLInputElement>(null);
  const cleanNote = cleanCell(note);
  const complete = chosen !== '' && (chosen !== 'other' || cleanNote !== '');
  const save = (event: Event): void => {
    event.preventDefault();
    if (complete) return props.onSave(chosen === 'other' ? cleanNote : cleanNote ? `${chosen}: ${cleanNote}` : chosen);
    if (chosen === 'other') noteField.current?.focus();
  };
  const choose = (reason: string): void => {
    setChosen(reason);
    if (reason === 'other') noteField.current?.focus();
  };
  const byNumber = (event: KeyboardEvent): void => {
    if (event.target === noteField.current || event.ctrlKey || event.metaKey || event.altKey) return;
    const reason = reasons[Number(event.key) - 1];
    if (reason) {
      event.preventDefault();
      choose(reason);
      if (reason !== 'other')
        document.querySelector<HTMLElement>(`[data-reason="${reasons.indexOf(reason)}"]`)?.focus();
    } else if (event.key.toLowerCase() === 'n') {
      event.preventDefault();
      noteField.current?.focus();
    } else if (event.key === 'Enter' && (event.target as HTMLElement).tagName !== 'BUTTON') save(event);
  };
  const overrules = props.decision === 'pass' && standing === 'fail';
  return (
    <Dialog
      name="reason"
      title={`${props.decision === 'pass' ? 'Pass' : 'Fail'} ${visitTitle(props.visit)}: why?`}
      onClose={props.onClose}
    >
      <form class="stack" onSubmit={save} onKeyDown={byNumber}>
        {overrules && (
          <p class="soft">A check fails this visit. Your pass overrules it, and the reports will say so.</p>
        )}
        {props.visit.not_measured_because !== null && (
          <p class="soft">
            Not measured: {props.visit.not_measured_because} Your decision takes effect at the next <code>wane run</code>.
          </p>
        )}
        <fieldset class="reasons">
          <legend class="visually-hidden">Reason</legend>
          {reasons.map((reason, index) => (
            <label key={reason}>
              <input
                type="radio"
                name="reason"
                data-reason={index}
                data-first={(chosen ? reason === chosen : index === 0) || undefined}
                checked={reason === chosen}
                onChange={() => choose(reason)}
              />
              <kbd>{index + 1}</kbd>
              <span>{reason}</span>
            </label>
          ))}
        </fieldset>
        <label class="stack field">
          <span>
            Note {chosen === 'other' ? '(needed)' : '(optional)'} <kbd>N</kbd>
          </span>
          <input
            type="text"
            ref={noteField}
            autocomplete="off"
            maxLength={400}
            value={note}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </label>
        <div class="row">
          <button type="submit" class={props.decision} disabled={!complete}>
            {props.decision === 'pass' ? 'Pass' : 'Fail'} <kbd>Enter</kbd>
          </button>
          <button type="button" class="quiet" onClick={props.onClose}>
            Cancel <kbd>Esc</kbd>
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const keys: [string, string][] = [
  ['J or ↓', 'next visit'],
  ['K or ↑', 'previous visit'],
  ['P', 'pass'],
  ['F', 'fail, then choose a reason'],
  ['N', 'change the reason or add a note'],
  ['U', 'undo the last decision'],
  ['Enter', 'enlarge the picture, and close it again'],
  ['← →', 'in the enlarged picture: the same person’s other visits, in place'],
  ['1 to 9', 'in the reason list: choose'],
  ['/', 'search for a participant'],
  ['A, L, D', 'show all, what needs a look, what is undecided'],
  ['E', 'export quality_decisions.tsv'],
  ['?', 'this list'],
];

export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog name="help" title="Keys" onClose={onClose}>
      <dl class="board-keys">
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="small soft">
        A failed visit takes no part in changes, rates and tests. The reports name it with its reason and reader.
      </p>
      <div class="row">
        <button type="button" class="primary" data-first onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

export function EnlargedDialog(props: {
  visit: QualityVisit;
  decision: Decision | null;
  siblings: QualityVisit[]; // all visits of the person, in their order
  place: string;
  onShow: (visit: QualityVisit) => void;
  onAction: (visit: QualityVisit, action: Action) => void;
  onClose: () => void;
}) {
  const { visit } = props;
  const [brightness, setBrightness] = useState(100);
  const findings = findingsOf(visit);
  const why = whyNotMeasured(visit);
  return (
    <Dialog name="enlarged" title={visitTitle(visit)} class="enlarged" sharesKeys onClose={props.onClose}>
      <div class="row enlarged-head">
        <StandingBadge visit={visit} />
        <span class="small soft">{props.place}</span>
        {props.siblings.length > 1 && (
          <span class="row enlarged-visits">
            {props.siblings.map((one) => (
              <button
                key={one.session}
                type="button"
                class={one === visit ? 'chosen' : ''}
                aria-pressed={one === visit}
                onClick={() => props.onShow(one)}
              >
                {one.session}
              </button>
            ))}
            <span class="small soft">
              <kbd>←</kbd> <kbd>→</kbd>
            </span>
          </span>
        )}
        <label class="row small enlarged-brightness">
          Brightness
          <input
            type="range"
            min={50}
            max={400}
            step={10}
            value={brightness}
            onInput={(event) => setBrightness(Number(event.currentTarget.value))}
          />
        </label>
        <button type="button" class="enlarged-close" data-first onClick={props.onClose}>
          Close <kbd>Esc</kbd>
        </button>
      </div>
      <div class="enlarged-picture">
        {visit.picture ? (
          <img
            src={visit.picture}
            style={{ filter: `brightness(${brightness}%)` }}
            alt={`${visitTitle(visit)} in three planes with the outline of the brain`}
          />
        ) : (
          <p>There is no picture of this scan.</p>
        )}
      </div>
      <div class="enlarged-foot">
        <div class="enlarged-findings">
          {props.decision && <DecisionLine decision={props.decision} />}
          {findings.map((finding) => (
            <p key={finding.about + finding.check.name} class={`small finding ${finding.verdict}`}>
              {sentenceOf(finding.check)}
            </p>
          ))}
          {why && <p class="small finding not-measured">{why}</p>}
          {findings.length === 0 && !why && <p class="small soft">All checks pass.</p>}
        </div>
        <div class="row">
          <button type="button" class="pass" disabled={!visit.usable} onClick={() => props.onAction(visit, 'pass')}>
            Pass <kbd>P</kbd>
          </button>
          <button type="button" class="fail" onClick={() => props.onAction(visit, 'fail')}>
            Fail <kbd>F</kbd>
          </button>
        </div>
      </div>
    </Dialog>
  );
}
