// The table of visits, what was noted of them, and what a person decided.
import type { ParticipantPage, ScanFacts } from '../page_data';
import { type Column, DataTable } from '../shared/data_table';
import { missing, number } from '../shared/format';
import { Card, Section } from '../shared/layout';
import { VerdictBadge } from '../shared/verdict';
import { sessionWords, type Visit, wasMeasured } from './model';

interface Row {
  visit: Visit;
  counts: boolean; // in the rates
  scan: ScanFacts | undefined;
}

function scanner(scan: ScanFacts | undefined): string | null {
  const name = [scan?.manufacturer, scan?.model].filter(Boolean).join(' ');
  return name || null;
}

function voxel(scan: ScanFacts | undefined): string | null {
  return scan?.voxel_size_mm?.map((mm) => Number(mm.toFixed(2))).join(' × ') ?? null;
}

function decisionWords(visit: Visit): string | null {
  const made = visit.decision;
  if (!made) return null;
  const word = made.decision === 'pass' ? 'Passed' : 'Failed';
  return `${word} by ${made.reader}, ${made.time.slice(0, 10)}${made.reason ? `: ${made.reason}` : ''}`;
}

const columns: Column<Row>[] = [
  { key: 'session', title: 'Visit', value: ({ visit }) => visit.session, show: ({ visit }) => sessionWords(visit.session), heading: true },
  { key: 'days', title: 'Day', value: ({ visit }) => visit.days, numeric: true },
  { key: 'acquired', title: 'Acquired', value: ({ scan }) => scan?.acquired, show: ({ scan }) => <span class="nowrap">{scan?.acquired ?? missing}</span> },
  {
    key: 'scanner',
    title: 'Scanner',
    value: ({ scan }) => scanner(scan),
    show: ({ scan }) => (
      <>
        {scanner(scan) ?? missing}
        {scan?.field_strength_t != null && <span class="nowrap"> {Number(scan.field_strength_t.toFixed(2))} T</span>}
      </>
    ),
  },
  { key: 'sequence', title: 'Sequence', value: ({ scan }) => scan?.sequence },
  { key: 'voxel_size_mm', title: 'Voxel', unit: 'mm', value: ({ scan }) => voxel(scan), show: ({ scan }) => <span class="nowrap">{voxel(scan) ?? missing}</span> },
  ...(['brain', 'gray_matter', 'white_matter', 'csf', 'intracranial'] as const).map((name) => ({
    key: `${name}_ml`,
    title: { brain: 'Brain', gray_matter: 'Gray', white_matter: 'White', csf: 'CSF', intracranial: 'Intracranial' }[name],
    unit: 'mL',
    value: ({ visit }: Row) => visit.volumes_ml[name],
    show: ({ visit }: Row) => number(visit.volumes_ml[name], 1),
    numeric: true,
  })),
  {
    key: 'verdict',
    title: 'Quality',
    value: ({ visit }) => visit.quality.verdict,
    show: ({ visit, counts }) => (
      <>
        <VerdictBadge verdict={visit.quality.verdict} />
        {!wasMeasured(visit) ? <span class="small soft"> not measured</span> : !counts && <span class="small soft"> excluded</span>}
      </>
    ),
  },
  {
    key: 'decision',
    title: 'Decision',
    value: ({ visit }) => visit.decision?.decision,
    show: ({ visit }) => decisionWords(visit) ?? 'none',
  },
];

export function VisitsSection({ page }: { page: ParticipantPage }) {
  const { report } = page;
  const rows = report.visits.map((visit, index) => ({
    visit,
    counts: page.counts.visits[index] ?? true,
    scan: page.scans[index],
  }));
  const notes = report.visits.flatMap((visit) => [
    ...visit.notes.map((note) => ({ session: visit.session, note })),
    ...(visit.measured_together ? [] : [{ session: visit.session, note: 'This visit was not measured together with the others.' }]),
  ]);
  return (
    <Section id="visits" title="Visits">
      <DataTable
        label="Table of visits"
        columns={columns}
        rows={rows}
        attributes={({ visit }) => ({ 'data-session': visit.session })}
        tableAttributes={{ 'data-table': 'visits' }}
      />
      {notes.length > 0 && (
        <Card title="Notes">
          <ul class="notes" data-notes>
            {notes.map(({ session, note }, index) => (
              <li key={index}>
                <strong>{sessionWords(session)}</strong>: {note}
              </li>
            ))}
          </ul>
        </Card>
      )}
    </Section>
  );
}

