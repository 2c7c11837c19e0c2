import { useMemo, useState } from 'preact/hooks';
import type { Measure, TrialParticipant } from '../page_data';
import { type Column, DataTable } from '../shared/data_table';
import { interval, measureNames, number, plural, prettyUnit, pValue, signed } from '../shared/format';
import { Card, Fold, Section } from '../shared/layout';
import { VerdictBadge } from '../shared/verdict';
import { doseStep, hasDoses, wasMeasured } from './model';
import type { Finding, Trial } from './report';

function PersonLink({ person }: { person: TrialParticipant }) {
  return person.page ? <a href={person.page}>{person.participant_id}</a> : <>{person.participant_id}</>;
}

// The trial on paper has four sheets: of each table so many lines fit, about one a sentence.
const mostLinesOnPaper = 18;

function seeOnPaper(lines: number): string | undefined {
  return lines > mostLinesOnPaper ? 'trial.html' : undefined;
}

function linesOf(person: TrialParticipant): number {
  return Math.max(1, person.flags.length + (person.left_out_because === null ? 0 : 1));
}

const personColumn: Column<TrialParticipant> = {
  key: 'participant_id',
  title: 'Participant',
  value: (person) => person.participant_id,
  show: (person) => <PersonLink person={person} />,
  heading: true,
};

function groupColumns(trial: Trial): Column<TrialParticipant>[] {
  const hasGroups = trial.participants.some((person) => person.dose_group !== null);
  if (trial.blinded || !(hasGroups || hasDoses(trial))) return [];
  const group: Column<TrialParticipant> = {
    key: 'dose_group',
    title: 'Dose group',
    value: (person) => person.dose_group,
  };
  return [
    ...(hasGroups ? [group] : []),
    {
      key: 'dose',
      title: 'Dose',
      unit: trial.doseUnit ? prettyUnit(trial.doseUnit) : undefined,
      value: (person) => person.dose,
      numeric: true,
    },
  ];
}

// -------------------------------------------------------------------------------------------------- who is left out
function placeOf(finding: Finding): string {
  if (finding.from || finding.to) return `${finding.from} to ${finding.to}`;
  return finding.session ?? '';
}

function lookColumns(trial: Trial): Column<Finding>[] {
  const pages = new Map(trial.participants.map((person) => [person.participant_id, person]));
  return [
    {
      key: 'participant_id',
      title: 'Participant',
      value: (finding) => finding.participant_id,
      show: (finding) => {
        const person = pages.get(finding.participant_id);
        return person ? <PersonLink person={person} /> : finding.participant_id;
      },
      heading: true,
    },
    { key: 'place', title: 'Visit or pair', value: placeOf },
    {
      key: 'verdict',
      title: 'Verdict',
      value: (finding) => finding.verdict,
      show: (finding) => <VerdictBadge verdict={finding.verdict ?? 'fail'} />,
    },
    { key: 'sentence', title: 'What was found', value: (finding) => finding.sentence, fixed: true, wide: true },
  ];
}

function WithEverything({ trial, measure }: { trial: Trial; measure: Measure }) {
  const all = trial.withExcluded;
  const own = all?.dose_response[measure];
  const without = trial.response[measure];
  if (!all || !own || !without || without.unable) return null;
  const step = doseStep(without, trial.doseUnit);
  const test = trial.plan.test ?? 'linear';
  const words = (slope: number | null | undefined, p: number | null | undefined, n: number) =>
    slope === null || slope === undefined
      ? 'no slope'
      : `${signed(slope * step.factor)} % per year ${step.words} (${pValue(p)}, n = ${n})`;
  return (
    <p class="prose" data-fact="with-excluded">
      If everything that was measured counted, the trend in {measureNames[measure]} would be{' '}
      <strong>{words(own.slope?.percent_per_year_per_unit_of_scale, own.tests?.[test]?.p, own.n)}</strong> instead of{' '}
      {words(without.slope?.percent_per_year_per_unit_of_scale, without.tests?.[test].p, without.n)}.
    </p>
  );
}

export function LeftOutSection({ trial, measure }: { trial: Trial; measure: Measure }) {
  const leftOut = useMemo(() => trial.participants.filter((person) => person.left_out_because !== null), [trial]);
  const columns: Column<TrialParticipant>[] = [
    personColumn,
    ...groupColumns(trial).slice(0, 1),
    { key: 'left_out_because', title: 'Why', value: (person) => person.left_out_because, fixed: true, wide: true },
  ];
  const total = trial.participants.length;
  const looks = trial.quality.needs_a_look;
  return (
    <Section
      id="left-out"
      title="Who is left out, and why"
      lead={
        leftOut.length === 0
          ? `Nobody: all ${plural(total, 'participant')} count.`
          : `${leftOut.length} of ${plural(total, 'participant')} ${leftOut.length === 1 ? 'is' : 'are'} left out of group means and tests.`
      }
    >
      {leftOut.length > 0 && (
        <DataTable
          label="Participants left out"
          columns={columns}
          rows={leftOut}
          attributes={(person) => ({ 'data-participant': person.participant_id })}
          tableAttributes={{ 'data-table': 'left-out' }}
          seeOnPaper={seeOnPaper(2 * leftOut.length)}
          tall={leftOut.length > 20}
        />
      )}
      <WithEverything trial={trial} measure={measure} />
      {looks.length > 0 && (
        <Card>
          <Fold title={`${plural(looks.length, 'finding')} that a person should look at`} open={looks.length <= 10}>
            <DataTable
              label="Findings that need a look"
              columns={lookColumns(trial)}
              rows={looks}
              tableAttributes={{ 'data-table': 'needs-a-look' }}
              seeOnPaper={seeOnPaper(2 * looks.length)}
              tall={looks.length > 20}
            />
          </Fold>
          <p class="small soft prose">
            Decide about these visits on the <a href="quality.html">quality page</a>.{' '}
            {trial.quality.mode === 'exclude'
              ? 'Anything that fails a check is left out of rates, means and tests until a person passes it.'
              : 'In this run, anything that fails a check still counts (--quality report).'}
          </p>
        </Card>
      )}
    </Section>
  );
}

// ------------------------------------------------------------------------------------------------- completed visits
interface VisitsRow {
  session: string;
  counts: Map<string, { completed: number; participants: number }>;
}

const allGroups = 'All';

function visitRows(trial: Trial): { groups: string[]; rows: VisitsRow[] } {
  const groups: string[] = [];
  const rows = new Map<string, VisitsRow>();
  for (const entry of trial.page.trial.completed_visits) {
    const group = entry.dose_group ?? 'n/a';
    if (!groups.includes(group)) groups.push(group);
    const row = rows.get(entry.session) ?? { session: entry.session, counts: new Map() };
    const all = row.counts.get(allGroups) ?? { completed: 0, participants: 0 };
    row.counts.set(group, { completed: entry.completed, participants: entry.participants });
    row.counts.set(allGroups, {
      completed: all.completed + entry.completed,
      participants: all.participants + entry.participants,
    });
    rows.set(entry.session, row);
  }
  return { groups, rows: [...rows.values()] };
}

export function VisitsSection({ trial }: { trial: Trial }) {
  const { groups, rows } = useMemo(() => visitRows(trial), [trial]);
  const shown = groups.length > 1 ? [...groups, allGroups] : [allGroups];
  const columns: Column<VisitsRow>[] = [
    { key: 'session', title: 'Visit', value: (row) => row.session || 'single visit', heading: true, fixed: true },
    ...shown.map((group) => ({
      key: group,
      title: group === allGroups ? 'All' : group === 'n/a' ? 'No dose group' : group,
      value: (row: VisitsRow) => row.counts.get(group)?.completed,
      show: (row: VisitsRow) => `${row.counts.get(group)?.completed} of ${row.counts.get(group)?.participants}`,
      numeric: true,
      fixed: true,
    })),
  ];
  return (
    <Section
      id="visits"
      title="Completed visits"
      lead={`How many participants of the dataset have a measurement of each visit${shown.length > 1 ? ', by dose group' : ''}.`}
    >
      <DataTable
        label="Completed visits"
        columns={columns}
        rows={rows}
        attributes={(row) => ({ 'data-session': row.session })}
        tableAttributes={{ 'data-table': 'completed-visits' }}
        empty="No visit has been measured."
      />
    </Section>
  );
}

// ----------------------------------------------------------------------------------------------------- participants
function participantColumns(trial: Trial, measure: Measure): Column<TrialParticipant>[] {
  return [
    personColumn,
    ...groupColumns(trial),
    {
      key: 'visits_measured',
      title: 'Visits',
      unit: 'measured',
      value: (person) => person.visits.filter(wasMeasured).length,
      numeric: true,
    },
    {
      key: 'visits_counting',
      title: 'Visits',
      unit: 'in the rates',
      value: (person) => person.visits.filter((visit) => visit.in_rate).length,
      numeric: true,
    },
    {
      key: 'percent_per_year',
      title: 'Rate',
      unit: '% per year',
      value: (person) => person.rates_percent_per_year?.[measure],
      show: (person) => signed(person.rates_percent_per_year?.[measure]),
      numeric: true,
    },
    {
      key: 'interval_95',
      title: '95 % interval',
      unit: '% per year',
      value: (person) => person.rate_intervals_95?.[measure]?.map((value) => number(value, 4)).join(' to '),
      show: (person) => interval(person.rate_intervals_95?.[measure]),
      numeric: true,
      fixed: true,
    },
    {
      key: 'verdict',
      title: 'Quality',
      value: (person) => ({ fail: 3, warn: 2, pass: 1 })[person.verdict ?? 'pass'],
      show: (person) => <VerdictBadge verdict={person.verdict} />,
    },
    {
      key: 'flags',
      title: 'Flags and reasons',
      value: (person) => [person.left_out_because, ...person.flags].filter(Boolean).join(' | '),
      show: (person) => <Flags person={person} />,
      wide: true,
      fixed: true,
    },
  ];
}

function Flags({ person }: { person: TrialParticipant }) {
  if (!person.left_out_because && person.flags.length === 0) return <span class="soft">none</span>;
  return (
    <>
      {person.left_out_because && <div>Left out: {person.left_out_because}</div>}
      {person.flags.map((flag, i) => (
        <div key={i}>{flag}</div>
      ))}
    </>
  );
}

// With more than this many, one searches for a participant.
const mostWithoutSearch = 24;

export function ParticipantsSection({ trial, measure }: { trial: Trial; measure: Measure }) {
  const [wanted, setWanted] = useState('');
  const columns = useMemo(() => participantColumns(trial, measure), [trial, measure]);
  const rows = useMemo(
    () => trial.participants.filter((person) => person.participant_id.toLowerCase().includes(wanted.toLowerCase())),
    [trial, wanted],
  );
  const many = trial.participants.length > mostWithoutSearch;
  return (
    <Section
      id="participants"
      title="Participants"
      lead={
        <>
          Annual rates of {measureNames[measure]} volume change; negative = loss. Intervals are those of the
          measurement. <span class="screen-only">Select a participant to open the images.</span>
        </>
      }
    >
      {many && (
        <label class="row screen-only">
          <span class="small soft">Find a participant</span>
          <input type="search" value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
          <span class="small soft" role="status">
            {wanted && plural(rows.length, 'participant')}
          </span>
        </label>
      )}
      <DataTable
        label="Participants"
        columns={columns}
        rows={rows}
        attributes={(person) => ({ 'data-participant': person.participant_id, 'data-measure': measure })}
        tableAttributes={{ 'data-table': 'participants' }}
        seeOnPaper={seeOnPaper(rows.reduce((sum, person) => sum + linesOf(person), 0))}
        tall={many}
        empty="No participant has this name."
      />
    </Section>
  );
}
