// One visit on the board: its picture, what the checks found, and what people decided.
import { Component, createRef, type RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Check, Decision, QualityVisit } from '../page_data';
import { Fold } from '../shared/layout';
import { plural } from '../shared/format';
import { Badge, VerdictBadge } from '../shared/verdict';
import {
  checkName,
  figure,
  findingsOf,
  sentenceOf,
  standingOf,
  standingTitles,
  valueAndLimit,
  verdictWords,
  visitTitle,
  type Finding,
} from './words';

export type Action = 'pass' | 'fail' | 'enlarge' | 'note';

// Pictures of 1,000 visits are not decoded before they come near: as far as two screens.
const nearby = '200%';

function useNearby(): [RefObject<HTMLDivElement | null>, boolean] {
  const place = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    if (near || !place.current) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && setNear(true),
      {
        rootMargin: nearby,
      },
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [near]);
  return [place, near];
}

// All pictures of a run have one shape; the first that is there tells the cards how high to be.
function takeRatio(event: Event): void {
  const picture = event.currentTarget as HTMLImageElement;
  const board = picture.closest<HTMLElement>('.board');
  if (!board || board.style.getPropertyValue('--picture-ratio') || picture.naturalHeight === 0) return;
  board.style.setProperty('--picture-ratio', `${picture.naturalWidth} / ${picture.naturalHeight}`);
}

function Picture({ visit, active, onEnlarge }: { visit: QualityVisit; active: boolean; onEnlarge: () => void }) {
  const [place, near] = useNearby();
  if (!visit.picture)
    return (
      <div class="board-picture empty">
        <span>
          {visit.usable ? 'There is no picture of this scan.' : 'The scan cannot be used: there is nothing to show.'}
        </span>
      </div>
    );
  return (
    <div class="board-picture" ref={place}>
      <button
        type="button"
        tabIndex={active ? 0 : -1}
        onClick={onEnlarge}
        aria-label={`Enlarge the picture of ${visitTitle(visit)}`}
      >
        {near && (
          <img
            src={visit.picture}
            decoding="async"
            onLoad={takeRatio}
            alt={`${visitTitle(visit)} in three planes with the outline of the brain`}
          />
        )}
      </button>
    </div>
  );
}

function FindingLine({ finding }: { finding: Finding }) {
  const numbers = valueAndLimit(finding.check);
  return (
    <li class={`finding ${finding.verdict}`} data-check={finding.check.name}>
      <p>{sentenceOf(finding.check)}</p>
      <p class="small soft">
        {finding.verdict === 'fail' ? 'Fails' : 'Warns'}: {checkName(finding.check.name)}
        {finding.about && `, ${finding.about}`}
        {numbers && ` · ${numbers}`}
      </p>
    </li>
  );
}

function PassedChecks({ checks }: { checks: Check[] }) {
  const passed = checks.filter((check) => check.verdict === 'pass');
  if (passed.length === 0) return null;
  return (
    <Fold title={`${plural(passed.length, 'check passes', 'checks pass')}`} lazy>
      <dl class="passed-checks">
        {passed.map((check) => (
          <div key={check.name}>
            <dt>{checkName(check.name)}</dt>
            <dd>
              {check.value === null ? 'passes' : figure(check.value)}
              {check.limit !== null && <span class="soft"> (limit {figure(check.limit)})</span>}
            </dd>
          </div>
        ))}
      </dl>
    </Fold>
  );
}

export function DecisionLine({ decision }: { decision: Decision }) {
  return (
    <p class={`board-decision ${decision.decision}`}>
      <strong>{decision.decision === 'pass' ? 'Passed' : 'Failed'}</strong> by {decision.reader}: {decision.reason}{' '}
      <time class="soft nowrap" dateTime={decision.time}>
        {decision.time.slice(0, 16).replace('T', ' ')}
      </time>
    </p>
  );
}

export function StandingBadge({ visit }: { visit: QualityVisit }) {
  const standing = standingOf(visit);
  if (standing === 'unmeasured') return <Badge>{standingTitles.unmeasured}</Badge>;
  return <VerdictBadge verdict={standing} label={verdictWords[standing]} />;
}

// Why there is no measurement, unless a finding says the same.
export function whyNotMeasured(visit: QualityVisit): string | null {
  const why = visit.not_measured_because;
  return why && !findingsOf(visit).some((finding) => sentenceOf(finding.check) === why) ? why : null;
}

export interface CardProps {
  visit: QualityVisit;
  decision: Decision | null;
  active: boolean;
  full: boolean; // else only its name, until the browser has time
  place: string; // "3 of 24"
  showDose: boolean;
  onActivate: (visit: QualityVisit) => void;
  onAction: (visit: QualityVisit, action: Action) => void;
}

function facts(props: CardProps): string {
  const { visit } = props;
  const parts = [visit.days === null ? 'no date' : `day ${visit.days}`];
  if (props.showDose && visit.dose_group !== null) parts.push(`dose group ${visit.dose_group}`);
  if (!visit.measured_together && visit.not_measured_because === null) parts.push('left out of the measurement');
  return parts.join(' · ');
}

// A class, because of 1,000 cards only those are drawn again whose decision or place changed.
export class VisitCard extends Component<CardProps> {
  private readonly element = createRef<HTMLElement>();

  override shouldComponentUpdate(next: CardProps): boolean {
    const old = this.props;
    return (
      next.visit !== old.visit ||
      next.decision !== old.decision ||
      next.active !== old.active ||
      next.full !== old.full ||
      next.place !== old.place ||
      next.showDose !== old.showDose
    );
  }

  override render(props: CardProps) {
    const { visit, decision, active } = props;
    const act = (action: Action) => () => props.onAction(visit, action);
    const titleId = `visit-${props.place.split(' ')[0]}`;
    const isFull = props.full || active;
    return (
      <article
        ref={this.element}
        class={`board-card ${active ? 'active' : ''}`}
        tabIndex={active ? 0 : -1}
        aria-labelledby={titleId}
        aria-current={active ? 'true' : undefined}
        data-participant={visit.participant_id}
        data-session={visit.session}
        data-decision={decision?.decision ?? ''}
        onFocus={() => props.onActivate(visit)}
        onClick={() => props.onActivate(visit)}
      >
        {isFull && <Picture visit={visit} active={active} onEnlarge={act('enlarge')} />}
        <div class="board-side">
          <div class="row">
            <h3 id={titleId}>{visitTitle(visit)}</h3>
            {isFull && <StandingBadge visit={visit} />}
            {isFull && <span class="small soft board-place">{props.place}</span>}
          </div>
          {isFull && this.body(props)}
        </div>
      </article>
    );
  }

  private body(props: CardProps) {
    const { visit, decision } = props;
    const findings = findingsOf(visit);
    const why = whyNotMeasured(visit);
    const act = (action: Action) => () => props.onAction(visit, action);
    return (
      <>
        <p class="small soft">
          {facts(props)}
          {visit.page && (
            <>
              {' · '}
              <a href={encodeURIComponent(visit.page)}>all of {visit.participant_id}</a>
            </>
          )}
        </p>
        {why && (
          <p class="finding not-measured" data-not-measured>
            {standingOf(visit) === 'unmeasured' ? '' : 'Not measured: '}
            {why}
          </p>
        )}
        {findings.length > 0 && (
          <ul class="findings">
            {findings.map((finding) => (
              <FindingLine key={finding.about + finding.check.name} finding={finding} />
            ))}
          </ul>
        )}
        <PassedChecks checks={visit.checks} />
        <div class="board-verdict">
          {decision ? <DecisionLine decision={decision} /> : <p class="small soft">Not decided yet</p>}
          <div class="row screen-only">
            <button
              type="button"
              class={`pass ${decision?.decision === 'pass' ? 'chosen' : ''}`}
              onClick={act('pass')}
              disabled={!visit.usable}
              title={visit.usable ? undefined : 'A scan that cannot be used cannot be passed'}
            >
              Pass <kbd>P</kbd>
            </button>
            <button type="button" class={`fail ${decision?.decision === 'fail' ? 'chosen' : ''}`} onClick={act('fail')}>
              Fail <kbd>F</kbd>
            </button>
            {decision && (
              <button type="button" class="quiet" onClick={act('note')}>
                Change reason <kbd>N</kbd>
              </button>
            )}
          </div>
        </div>
      </>
    );
  }
}
