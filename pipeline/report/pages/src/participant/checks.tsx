// All quality checks, those that ask for a look first.
import type { ParticipantReport } from '../page_data';
import { type Column, DataTable } from '../shared/data_table';
import { missing, plural } from '../shared/format';
import { Fold, Section } from '../shared/layout';
import { VerdictBadge } from '../shared/verdict';
import { checkInWords } from './check_names';
import { allChecks, type ScopedCheck } from './model';

function rounded(value: number | null): string {
  if (value === null) return missing;
  return String(Number(value.toPrecision(4))).replace('-', '−');
}

const columns: Column<ScopedCheck>[] = [
  { key: 'check', title: 'Check', value: (check) => checkInWords(check.name), heading: true, show: (check) => <span title={check.name}>{checkInWords(check.name)}</span> },
  { key: 'scope', title: 'Of', value: (check) => check.scope },
  { key: 'value', title: 'Value', value: (check) => check.value, show: (check) => rounded(check.value), numeric: true },
  { key: 'limit', title: 'Limit', value: (check) => check.limit, show: (check) => rounded(check.limit), numeric: true },
  { key: 'verdict', title: 'Verdict', value: (check) => check.verdict, show: (check) => <VerdictBadge verdict={check.verdict} /> },
  { key: 'sentence', title: 'What it says', value: (check) => check.sentence || null },
];

export function ChecksSection({ report }: { report: ParticipantReport }) {
  const checks = allChecks(report);
  const flagged = checks.filter((check) => check.verdict !== 'pass');
  const attributes = (check: ScopedCheck) => ({ 'data-check': check.name, 'data-scope': check.scope });
  const summary =
    flagged.length === 0
      ? `All ${checks.length} checks passed.`
      : `${flagged.length} of ${checks.length} checks ${flagged.length === 1 ? 'asks' : 'ask'} for a look.`;
  return (
    <Section id="checks" title="Quality checks" lead={summary}>
      {flagged.length > 0 && (
        <DataTable label="Checks that ask for a look" columns={columns} rows={flagged} attributes={attributes} tableAttributes={{ 'data-table': 'flagged' }} />
      )}
      <Fold title={`All ${plural(checks.length, 'check')}`}>
        <DataTable label="All quality checks" columns={columns} rows={checks} attributes={attributes} tableAttributes={{ 'data-table': 'checks' }} tall />
      </Fold>
    </Section>
  );
}
