// All visits at a glance: what the checks say, and what was decided. A click goes there.
import { useEffect, useRef } from 'preact/hooks';
import type { Decision, QualityVisit } from '../page_data';
import { type Standing, visitTitle } from './words';

export interface RailGroup {
  standing: Standing;
  title: string;
  visits: QualityVisit[];
}

const decisionMarks = { pass: '✓', fail: '✕' } as const;
const decisionWords = { pass: 'passed', fail: 'failed' } as const;

export function Rail(props: {
  groups: RailGroup[];
  decisions: ReadonlyMap<QualityVisit, Decision | null>;
  current: QualityVisit | null;
  onGo: (visit: QualityVisit) => void;
}) {
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    // Not scrollIntoView, which would scroll the page as well.
    const box = list.current;
    const item = box?.querySelector<HTMLElement>('[aria-current]');
    if (!box || !item) return;
    const over = item.offsetTop - box.scrollTop;
    if (over < 40 || over > box.clientHeight - 80) box.scrollTop = item.offsetTop - box.clientHeight / 2;
  }, [props.current]);
  return (
    <nav class="board-rail" aria-label="Visits" ref={list}>
      {props.groups.map((group) => (
        <div key={group.standing} class={`rail-group ${group.standing}`}>
          <p>
            {group.title} <span>{group.visits.length}</span>
          </p>
          <ul>
            {group.visits.map((visit) => {
              const decision = props.decisions.get(visit)?.decision;
              return (
                <li key={visitTitle(visit)}>
                  <button
                    type="button"
                    tabIndex={-1}
                    class={decision ?? ''}
                    aria-current={visit === props.current ? 'true' : undefined}
                    onClick={() => props.onGo(visit)}
                  >
                    <span class="rail-name">
                      {visit.participant_id} <span>{visit.session}</span>
                    </span>
                    <span class="rail-mark" aria-hidden="true">
                      {decision ? decisionMarks[decision] : ''}
                    </span>
                    {decision && <span class="visually-hidden">{decisionWords[decision]}</span>}
                  </button>
                </li>
              );
            })}
          </ul>
        </div>
      ))}
    </nav>
  );
}
