import type { ComponentChildren } from 'preact';
import type { Verdict } from '../page_data';

const words: Record<Verdict, string> = { pass: 'Pass', warn: 'Look', fail: 'Fail' };

const shapes: Record<Verdict, string> = {
  pass: 'M3 8.5 6.5 12 13 4.5',
  warn: 'M8 2.5v7M8 12.6v.6',
  fail: 'M4 4l8 8M12 4l-8 8',
};

// Said by word and by shape, not by color alone.
export function VerdictBadge({ verdict, label }: { verdict: Verdict | null; label?: string }) {
  if (!verdict) return <span class="badge">No report</span>;
  return (
    <span class={`badge ${verdict}`} data-verdict={verdict}>
      <svg viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.4">
        <path d={shapes[verdict]} stroke-linecap="round" stroke-linejoin="round" />
      </svg>
      {label ?? words[verdict]}
    </span>
  );
}

export function Badge({ kind, children }: { kind?: 'accent' | Verdict; children: ComponentChildren }) {
  return <span class={`badge ${kind ?? ''}`}>{children}</span>;
}
