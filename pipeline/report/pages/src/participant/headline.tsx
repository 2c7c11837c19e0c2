// The finding first: what must be looked at, then the numbers with their errors.
import type { ParticipantPage } from '../page_data';
import { capitalized, days, direction, doseWithUnit, interval, measureNames, measures, missing, percent, percentPerYear, signed } from '../shared/format';
import { Fact, Facts, Notice, PageHead } from '../shared/layout';
import { Badge, VerdictBadge } from '../shared/verdict';
import { type Change, hasDose, interval95, rateInterval, warningsOf } from './model';

function title(page: ParticipantPage, change: Change | null): string {
  const id = page.report.participant_id;
  if (!change || change.percent.brain === null) {
    return page.report.visits.length > 1 ? `${id}: no change could be measured` : `${id}: one visit, volumes only`;
  }
  if (change.quality.verdict === 'fail') return `${id}: the change failed its quality checks`;
  const word = direction(change.percent.brain);
  const size = signed(Math.abs(change.percent.brain)).replace('+', '');
  const span = change.days === null ? `from ${change.from} to ${change.to}` : `in ${days(change.days)}`;
  if (word === 'no change') return `${id}: no change of brain volume ${span}`;
  return `${id}: brain volume ${word} of ${size} % ${span}`;
}

const verdictWords = {
  pass: 'Quality: pass',
  warn: 'Quality: look at this before using it',
  fail: 'Quality: fail',
};

function Warnings({ page }: { page: ParticipantPage }) {
  const { report } = page;
  const warnings = warningsOf(report);
  if (warnings.length === 0) return null;
  const excluded = report.verdict === 'fail' && report.quality_mode === 'exclude';
  return (
    <Notice kind={report.verdict === 'fail' ? 'fail' : 'warn'}>
      <div class="warnings" data-warnings>
        <p>
          <strong>
            {report.verdict === 'fail'
              ? excluded
                ? 'Something failed: what failed enters no rate.'
                : 'Something failed. It is reported, and not taken out.'
              : 'Look at this before you use these numbers:'}
          </strong>
        </p>
        <ul>
          {warnings.map(({ scope, sentence }) => (
            <li key={`${scope} ${sentence}`}>
              {scope && <strong>{scope}: </strong>}
              {sentence}
            </li>
          ))}
        </ul>
      </div>
    </Notice>
  );
}

export function Headline({ page, change }: { page: ParticipantPage; change: Change | null }) {
  const { report } = page;
  const rates = report.rates_percent_per_year;
  return (
    <PageHead eyebrow="Participant" title={title(page, change)}>
      <div class="row">
        <VerdictBadge verdict={report.verdict} label={verdictWords[report.verdict]} />
        {hasDose(page) && (
          <Badge>
            Dose group {report.dose_group}
            {report.dose !== null && <>, {doseWithUnit(report.dose, page.dose_unit)}</>}
          </Badge>
        )}
        {page.blinded && <Badge>Blinded: dose not shown</Badge>}
        {change && (
          <span class="soft small">
            {change.from} to {change.to}
            {change.days !== null && <>, {days(change.days)}</>}
          </span>
        )}
      </div>
      {report.sloppy && (
        <Notice kind="fail">
          <p data-sloppy>
            <strong>Made with --sloppy</strong>, coarse and quick, to try the program: these numbers are no results.
          </p>
        </Notice>
      )}
      <Warnings page={page} />
      {change && (
        <>
          <Facts>
            {measures.map((measure) => {
              const value = change.percent[measure];
              const range = interval95(value, change.standard_error[measure]);
              const rate = rates?.[measure] ?? null;
              const rateRange = rateInterval(report, measure);
              return (
                <Fact
                  key={measure}
                  name={measure}
                  raw={value}
                  label={`${capitalized(measureNames[measure])}, change`}
                  value={percent(value)}
                  note={
                    <>
                      95 % interval {interval(range)}
                      <br />
                      <span data-rate={rate ?? undefined}>
                        {rate === null ? 'no annual rate' : percentPerYear(rate)}
                        {rateRange && <>, {interval(rateRange)}</>}
                      </span>
                    </>
                  }
                />
              );
            })}
          </Facts>
          <p class="soft small prose">
            Negative = loss. The intervals are the error of the measurement (1.96 × standard error); they do not
            include how a brain varies from day to day.
          </p>
        </>
      )}
      {!change && <p class="prose">{report.sentence || missing}</p>}
    </PageHead>
  );
}
