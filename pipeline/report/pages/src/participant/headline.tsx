// The finding first: what must be looked at, then the numbers with their errors.
import type { ParticipantPage } from '../page_data';
import { capitalized, days, direction, doseWithUnit, interval, measureNames, measures, missing, percent, percentPerYear, signed } from '../shared/format';
import { Fact, Facts, Notice, PageHead } from '../shared/layout';
import { Badge, VerdictBadge } from '../shared/verdict';
import { hasDose, type Headline as HeadlineChange, interval95, isMeasured, overrulers, rateInterval, warningsOf } from './model';

function title(page: ParticipantPage, headline: HeadlineChange | null): string {
  const id = page.report.participant_id;
  const value = headline?.change.percent.brain ?? null;
  if (!headline || value === null) {
    return page.report.visits.length > 1 ? `${id}: no change could be measured` : `${id}: one visit, volumes only`;
  }
  if (!headline.counts) return `${id}: excluded from the rates`;
  const { change } = headline;
  const word = direction(value);
  const size = signed(Math.abs(value)).replace('+', '');
  const span = change.days === null ? `from ${change.from} to ${change.to}` : `in ${days(change.days)}`;
  if (word === 'no change') return `${id}: no change of brain volume ${span}`;
  return `${id}: brain volume ${word} of ${size} % ${span}`;
}

const verdictWords = {
  pass: 'Quality: pass',
  warn: 'Quality: look at this before using it',
  fail: 'Quality: fail',
};

// Of what was measured: what was not is no exclusion.
function isAnythingExcluded({ report, counts }: ParticipantPage): boolean {
  const visit = report.visits.some(({ volumes_ml }, index) => volumes_ml.brain !== null && !counts.visits[index]);
  return visit || report.changes.some((change, index) => isMeasured(change) && !counts.changes[index]);
}

function aboveWarnings(page: ParticipantPage, isExcluded: boolean): string {
  if (isExcluded && page.left_out_because) return page.left_out_because;
  if (isAnythingExcluded(page)) return 'Anything that failed is left out of the rates.';
  const { verdict, quality_mode, rates_percent_per_year } = page.report;
  if (verdict === 'fail') {
    return quality_mode === 'report' && rates_percent_per_year
      ? 'A check failed. In this run the result still counts in the rates.'
      : (page.left_out_because ?? 'Anything that failed is left out of the rates.');
  }
  return 'Look at this before you use these numbers:';
}

function Warnings({ page, isExcluded }: { page: ParticipantPage; isExcluded: boolean }) {
  const { report } = page;
  const above = aboveWarnings(page, isExcluded);
  const isAbove = ({ sentence }: { sentence: string }) => above.includes(sentence.replace(/\.$/, ''));
  const warnings = warningsOf(report).filter((warning) => !isAbove(warning));
  const isSerious = report.verdict === 'fail' || isExcluded;
  if (warnings.length === 0 && !isAnythingExcluded(page) && !isSerious) return null;
  return (
    <Notice kind={isSerious ? 'fail' : 'warn'}>
      <div class="warnings" data-warnings>
        <p>
          <strong>{above}</strong>
        </p>
        {warnings.length > 0 && (
          <ul>
            {warnings.map(({ scope, sentence }) => (
              <li key={`${scope} ${sentence}`}>
                {scope && <strong>{scope}: </strong>}
                {sentence}
              </li>
            ))}
          </ul>
        )}
      </div>
    </Notice>
  );
}

export function Headline({ page, headline }: { page: ParticipantPage; headline: HeadlineChange | null }) {
  const { report } = page;
  const change = headline?.change ?? null;
  const isExcluded = headline !== null && !headline.counts;
  const rates = report.rates_percent_per_year;
  return (
    <PageHead eyebrow="Participant" title={title(page, headline)}>
      <div class="row">
        <VerdictBadge verdict={report.verdict} label={verdictWords[report.verdict]} />
        {report.verdict !== 'fail' && overrulers(report).length > 0 && (
          <Badge>A check failed; passed by {overrulers(report).join(', ')}</Badge>
        )}
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
      <Warnings page={page} isExcluded={isExcluded} />
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
                  label={`${capitalized(measureNames[measure])}, ${isExcluded ? 'measured, excluded' : 'change'}`}
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
            {!isExcluded && !rates && page.left_out_because && <> No annual rate: {page.left_out_because}</>}
          </p>
        </>
      )}
      {!change && <p class="prose">{report.sentence || missing}</p>}
    </PageHead>
  );
}
