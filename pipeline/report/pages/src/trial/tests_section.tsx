import type { ComponentChildren } from 'preact';
import type { Measure } from '../page_data';
import { type Column, DataTable } from '../shared/data_table';
import { amount, capitalized, interval, measureNames, missing, number, pValue, signed } from '../shared/format';
import { Card, Fold, Pairs, Section, Words } from '../shared/layout';
import { Badge } from '../shared/verdict';
import { doseStep } from './model';
import type { Design, DoseResponse, Effect, Trend, TrendTest, Trial } from './report';

const names: Record<Trend, string> = {
  linear: 'Linear contrast',
  jonckheere: 'Jonckheere–Terpstra test',
  spearman: 'Spearman rank correlation',
};

const sidesInWords = { two: 'two-sided', less_loss: 'one-sided: less loss', more_loss: 'one-sided: more loss' };

interface TestRow {
  trend: Trend;
  test: TrendTest;
  planned: boolean; // first in the table
}

function estimate(row: TestRow, step: { factor: number; words: string }): ComponentChildren {
  const { test } = row;
  if (row.trend === 'spearman') return `ρ = ${number(test.rho, 2)}`;
  if (row.trend === 'jonckheere')
    return `${number((test.share_of_pairs_in_order ?? NaN) * 100, 0)} % of pairs in order`;
  const slope = test.slope_percent_per_year_per_unit_of_scale;
  return slope === null || slope === undefined ? missing : `${signed(slope * step.factor)} % per year ${step.words}`;
}

function estimateValue({ test }: TestRow): number | null {
  return test.rho ?? test.share_of_pairs_in_order ?? test.slope_percent_per_year_per_unit_of_scale ?? null;
}

function testColumns(trial: Trial, step: { factor: number; words: string }): Column<TestRow>[] {
  return [
    {
      key: 'test',
      title: 'Test',
      value: (row) => row.trend,
      show: (row) => (
        <>
          {names[row.trend]} {row.test.role === 'primary' && <Badge kind="accent">Primary</Badge>}
        </>
      ),
      heading: true,
    },
    { key: 'role', title: 'Role', value: (row) => row.test.role },
    { key: 'estimate', title: 'Estimate', value: estimateValue, show: (row) => estimate(row, step), fixed: true },
    {
      key: 'p',
      title: 'p',
      unit: sidesInWords[trial.plan.sides],
      value: (row) => row.test.p,
      show: (row) => pValue(row.test.p).replace('p = ', '').replace('p ', ''),
      numeric: true,
    },
    {
      key: 'p_holm_across_measures',
      title: 'p, Holm',
      unit: 'of 3 measures',
      value: (row) => row.test.p_holm_across_measures,
      show: (row) => pValue(row.test.p_holm_across_measures).replace('p = ', '').replace('p ', ''),
      numeric: true,
    },
    {
      key: 'detectable_slope',
      title: 'Detectable trend',
      unit: `% per year ${step.words}`,
      value: (row) => row.test.detectable?.slope_percent_per_year_per_unit_of_scale,
      show: (row) =>
        row.test.detectable
          ? amount(row.test.detectable.slope_percent_per_year_per_unit_of_scale * step.factor)
          : 'no trend',
      numeric: true,
      wide: true,
    },
    {
      key: 'detectable_difference',
      title: 'Detectable difference',
      unit: 'highest and lowest dose, % per year',
      value: (row) => row.test.detectable?.highest_minus_lowest_percent_per_year,
      show: (row) => amount(row.test.detectable?.highest_minus_lowest_percent_per_year),
      numeric: true,
      wide: true,
    },
    { key: 'p_method', title: 'Method of p', value: (row) => row.test.p_method, fixed: true },
  ];
}

const effectColumns: Column<Effect>[] = [
  { key: 'effect', title: 'Effect', value: (effect) => effect.name, heading: true, fixed: true },
  {
    key: 'estimate',
    title: 'Estimate',
    value: (effect) => effect.estimate,
    show: (effect) => signed(effect.estimate, 3),
    numeric: true,
    fixed: true,
  },
  {
    key: 'interval_95',
    title: '95 % interval',
    value: (effect) => interval(effect.interval_95, 3),
    numeric: true,
    fixed: true,
  },
  {
    key: 'degrees_of_freedom',
    title: 'Degrees of freedom',
    value: (effect) => effect.degrees_of_freedom,
    show: (effect) => number(effect.degrees_of_freedom, 1),
    numeric: true,
    fixed: true,
  },
  {
    key: 'p_two_sided',
    title: 'p',
    unit: 'two-sided',
    value: (effect) => effect.p_two_sided,
    show: (effect) => pValue(effect.p_two_sided),
    numeric: true,
    fixed: true,
  },
  {
    key: 'detectable',
    title: 'Detectable',
    unit: '80 % power',
    value: (effect) => effect.detectable,
    show: (effect) => number(effect.detectable, 3),
    numeric: true,
    fixed: true,
  },
];

const designColumns: Column<Design>[] = [
  {
    key: 'highest_minus_lowest_percent_per_year',
    title: 'Difference, highest and lowest dose',
    unit: '% per year',
    value: (design) => design.highest_minus_lowest_percent_per_year,
    numeric: true,
  },
  { key: 'years', title: 'Follow-up', unit: 'years', value: (design) => design.years, numeric: true },
  { key: 'visits', title: 'Visits', value: (design) => design.visits, numeric: true },
  {
    key: 'participants_per_dose_group',
    title: 'Participants per dose group',
    value: (design) => design.participants_per_dose_group,
    show: (design) => design.participants_per_dose_group ?? 'more than can be computed',
    numeric: true,
  },
];

type Influence = NonNullable<DoseResponse['leave_one_out']>['without'][number];

function influenceColumns(step: { factor: number; words: string }): Column<Influence>[] {
  return [
    { key: 'participant_id', title: 'Without', value: (one) => one.participant_id, heading: true },
    {
      key: 'slope',
      title: 'Slope',
      unit: `% per year ${step.words}`,
      value: (one) => one.slope_percent_per_year_per_unit_of_scale,
      show: (one) =>
        one.slope_percent_per_year_per_unit_of_scale === null
          ? missing
          : signed(one.slope_percent_per_year_per_unit_of_scale * step.factor, 3),
      numeric: true,
    },
    {
      key: 'p_linear',
      title: 'p, linear contrast',
      value: (one) => one.p_linear,
      show: (one) => pValue(one.p_linear),
      numeric: true,
    },
  ];
}

function differenceInWords(response: DoseResponse): ComponentChildren {
  const shift = response.highest_minus_lowest;
  if (!shift || shift.percent_per_year === null) return 'not computed';
  const confidence = number((shift.confidence ?? NaN) * 100, 0);
  const range = shift.interval
    ? `95 % interval ${interval(shift.interval)}`
    : `no 95 % interval exists with so few participants; the widest one, ${confidence} %, is ${interval(shift.widest_interval)}`;
  return (
    <span data-fact="highest-minus-lowest" data-value={shift.percent_per_year}>
      {signed(shift.percent_per_year)} % per year ({range}); {shift.method}
    </span>
  );
}

function slopeInWords(response: DoseResponse, step: { factor: number; words: string }): ComponentChildren {
  const slope = response.slope;
  if (!slope || slope.percent_per_year_per_unit_of_scale === null) return 'not computed';
  const [low, high] = slope.interval_95;
  const range =
    low === null || high === null
      ? 'no 95 % interval exists with so few participants'
      : `95 % interval ${interval([low * step.factor, high * step.factor])}`;
  return (
    <span data-fact="slope" data-value={slope.percent_per_year_per_unit_of_scale}>
      {signed(slope.percent_per_year_per_unit_of_scale * step.factor)} % per year {step.words} ({range}); least squares,
      interval {slope.interval_method}
    </span>
  );
}

export function TestsSection({ trial, measure }: { trial: Trial; measure: Measure }) {
  const response = trial.response[measure];
  const title = 'Tests, and what the design could have shown';
  if (trial.blinded)
    return (
      <Section id="tests" title={title}>
        <p class="soft prose">Tests against dose are computed when the trial is unblinded.</p>
      </Section>
    );
  if (!response?.tests)
    return (
      <Section id="tests" title={title}>
        <p class="soft prose">
          <Words text={response?.sentence ?? 'No test against dose was computed.'} />
        </p>
      </Section>
    );
  const step = doseStep(response, trial.doseUnit);
  const planned = trial.plan.test ?? 'linear';
  const rows = (Object.keys(names) as Trend[])
    .map((trend) => ({ trend, test: response.tests![trend], planned: trend === planned }))
    .sort((a, b) => Number(b.planned) - Number(a.planned));
  const influence = response.leave_one_out?.without ?? [];
  const designs = response.next_trial?.designs ?? [];
  const effects = response.mixed_model?.effects ?? [];
  return (
    <Section
      id="tests"
      title={title}
      lead={
        `${capitalized(measureNames[measure])}, n = ${response.n}. Positive slopes mean less loss at higher doses. ` +
        'Detectable: the smallest trend that the test finds with 80\u202f% power; smaller trends would often be missed.'
      }
    >
      <DataTable
        label={`Tests of ${measureNames[measure]} against dose`}
        columns={testColumns(trial, step)}
        rows={rows}
        attributes={(row) => ({ 'data-test': row.trend, 'data-measure': measure })}
        tableAttributes={{ 'data-table': 'tests' }}
      />
      <Card>
        <Pairs
          pairs={[
            ['Slope', slopeInWords(response, step)],
            ['Highest minus lowest dose', differenceInWords(response)],
          ]}
        />
        {effects.length > 0 && (
          <Fold title="Mixed model of all visits">
            <div class="stack">
              <DataTable
                label="Mixed model"
                columns={effectColumns}
                rows={effects}
                tableAttributes={{ 'data-table': 'mixed-model' }}
              />
              <p class="small soft prose">
                Response: {response.mixed_model?.response}. {response.mixed_model?.note}
              </p>
            </div>
          </Fold>
        )}
        {influence.length > 0 && (
          <Fold title="Does one participant decide it? The trend without each" lazy>
            <DataTable
              label="The trend without each participant"
              columns={influenceColumns(step)}
              rows={influence}
              tall
            />
          </Fold>
        )}
        {designs.length > 0 && (
          <Fold title="How large would a next trial have to be?" lazy>
            <div class="stack">
              <p class="small soft prose">{response.next_trial?.variances}</p>
              <DataTable label="Designs of a next trial" columns={designColumns} rows={designs} />
            </div>
          </Fold>
        )}
      </Card>
    </Section>
  );
}
