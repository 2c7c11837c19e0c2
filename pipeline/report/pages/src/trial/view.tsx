import './trial.css';
import { useMemo, useState } from 'preact/hooks';
import type { Measure, TrialPage } from '../page_data';
import {
  amount,
  capitalized,
  interval,
  measureNames,
  measures,
  number,
  percentPerYear,
  plural,
  prettySentence,
  pValue,
  signed,
  thinSpace,
} from '../shared/format';
import { Fact, Facts, Fold, Footer, Notice, PageHead, Section, Segmented, TopBar, Words } from '../shared/layout';
import { MethodsSection } from '../shared/methods';
import { ProvenanceSection } from '../shared/provenance';
import { Badge } from '../shared/verdict';
import { DoseChart } from './dose_chart';
import { GroupChart, GroupTable } from './group_chart';
import { doseStep, hasDoses, headline, type MeanRate, meanRate } from './model';
import { LeftOutSection, ParticipantsSection, VisitsSection } from './people';
import { BlindingSection, blindingInWords, planChanged, PlanSection } from './plan';
import { type DoseResponse, readTrial, type Trial } from './report';
import { TestsSection } from './tests_section';
import { TimeChart } from './time_chart';

const sections: [string, string][] = [
  ['charts', 'Charts'],
  ['tests', 'Tests'],
  ['left-out', 'Left out'],
  ['visits', 'Visits'],
  ['plan', 'Plan'],
  ['participants', 'Participants'],
  ['methods', 'Methods'],
  ['provenance', 'Provenance'],
];

function roleOf(trial: Trial, measure: Measure): 'primary' | 'exploratory' {
  return trial.plan.file && trial.plan.measure === measure ? 'primary' : 'exploratory';
}

function findingOf(trial: Trial, measure: Measure): string {
  return trial.response[measure]?.sentence ?? trial.page.trial.sentence;
}

// What follows the headline in the finding's sentence: the result itself, and what else there is to say.
function restOf(sentence: string): [string, string] {
  const rest = capitalized(sentence.slice(headline(sentence).length).replace(/^[:.]\s*/, ''));
  const end = rest.search(/[.] (?=[A-Z])/);
  return end < 0 ? [rest, ''] : [rest.slice(0, end + 1), rest.slice(end + 2)];
}

function FindingFacts({ trial, response }: { trial: Trial; response: DoseResponse }) {
  const slope = response.slope?.percent_per_year_per_unit_of_scale;
  const test = response.tests?.[trial.plan.test ?? 'linear'];
  if (response.unable || !test || slope === null || slope === undefined) return null;
  const step = doseStep(response, trial.doseUnit);
  const [low, high] = response.slope?.interval_95 ?? [null, null];
  const shift = response.highest_minus_lowest;
  return (
    <Facts>
      <Fact
        label="Trend with dose"
        value={signed(slope * step.factor)}
        unit="% per year"
        note={
          <>
            {slope < 0 ? 'more' : 'less'} loss {step.words};{' '}
            {low === null || high === null
              ? 'no 95 % interval exists'
              : `95 % interval ${interval([low * step.factor, high * step.factor])}`}
          </>
        }
        name="trend"
        raw={slope}
      />
      <Fact
        label="Highest minus lowest dose"
        value={signed(shift?.percent_per_year)}
        unit="% per year"
        note={
          shift?.interval
            ? `95 % interval ${interval(shift.interval)}`
            : `${number((shift?.confidence ?? NaN) * 100, 0)}${thinSpace}% interval ${interval(shift?.widest_interval)} (the widest that exists)`
        }
        name="difference"
        raw={shift?.percent_per_year}
      />
      <Fact
        label="Evidence"
        value={pValue(test.p)}
        note={`${trial.plan.sides === 'two' ? 'two-sided' : 'one-sided'}, n = ${response.n}; ${test.p_method}`}
        name="p"
        raw={test.p}
      />
      <Fact
        label="Smallest detectable trend"
        value={amount(test.detectable && test.detectable.slope_percent_per_year_per_unit_of_scale * step.factor)}
        unit={test.detectable ? '% per year' : undefined}
        note={
          test.detectable
            ? `${step.words}, with 80${thinSpace}% power; smaller trends would often be missed`
            : 'no trend: too few participants'
        }
        name="detectable"
        raw={test.detectable?.slope_percent_per_year_per_unit_of_scale}
      />
    </Facts>
  );
}

// The finding where no trend with dose can be computed, for instance without doses: "Mean brain volume change: −1.05 % per year".
function meanInWords(average: MeanRate, measure: Measure): string {
  return `Mean ${measureNames[measure]} volume change: ${percentPerYear(average.percent_per_year)}`;
}

function MeanFacts({ average }: { average: MeanRate }) {
  return (
    <Facts>
      <Fact
        label="Mean rate"
        value={signed(average.percent_per_year)}
        unit="% per year"
        note={`of ${plural(average.n, 'participant')} with a rate`}
        name="mean-rate"
        raw={average.percent_per_year}
      />
      <Fact
        label="95 % interval of the mean"
        value={interval(average.interval_95)}
        unit={average.interval_95 ? '% per year' : undefined}
        note={average.interval_95 ? 'by Student’s t' : 'one participant gives no interval'}
        name="mean-rate-interval"
        raw={average.interval_95?.join(' ')}
      />
    </Facts>
  );
}

function Finding({ trial, measure }: { trial: Trial; measure: Measure }) {
  const sentence = prettySentence(findingOf(trial, measure));
  const [result, more] = restOf(sentence);
  const response = trial.response[measure];
  const hasTrend = hasDoses(trial) && !response?.unable;
  const average = hasTrend || trial.blinded ? null : meanRate(trial, measure);
  const groups = trial.groups.length > 0 ? `, ${plural(trial.groups.length, 'dose group')}` : '';
  return (
    <PageHead
      eyebrow={`Trial report: ${plural(trial.participants.length, 'participant')}${groups}`}
      title={<span data-finding={measure}>{average ? meanInWords(average, measure) : headline(sentence)}.</span>}
    >
      <div class="finding">
        <div class="stack">
          <div class="stack" data-finding-detail={measure}>
            <p class="lead prose">
              <Words text={average ? sentence : result} /> <strong class="nowrap">Negative = loss.</strong>
            </p>
            {more && !average && (
              <p class="soft prose">
                <Words text={more} />
              </p>
            )}
          </div>
          <FindingBadges trial={trial} measure={measure} n={average?.n ?? response?.n ?? 0} />
          <Fold title="The whole finding in words">
            <p class="prose" data-sentence="trial">
              {trial.page.trial.sentence}
            </p>
          </Fold>
        </div>
        {average && <MeanFacts average={average} />}
        {response && !trial.blinded && <FindingFacts trial={trial} response={response} />}
      </div>
      <Notices trial={trial} />
    </PageHead>
  );
}

function FindingBadges({ trial, measure, n }: { trial: Trial; measure: Measure; n: number }) {
  const role = roleOf(trial, measure);
  return (
    <div class="row">
      {trial.response[measure]?.tests && (
        <Badge kind={role === 'primary' ? 'accent' : undefined}>
          {role === 'primary' ? 'Primary analysis' : 'Exploratory'}
        </Badge>
      )}
      {!trial.blinded && <Badge>n = {n}</Badge>}
      <Badge kind={trial.blinded ? 'accent' : undefined}>{trial.blinded ? 'Blinded' : 'Not blinded'}</Badge>
      {!trial.plan.file && <Badge>No analysis plan</Badge>}
      {planChanged(trial.plan) && <Badge kind="warn">Analysis plan changed</Badge>}
    </div>
  );
}

function Notices({ trial }: { trial: Trial }) {
  const { warnings, sloppy } = trial.page.trial;
  const leftOut = trial.participants.filter((person) => person.left_out_because !== null).length;
  const looks = new Set(trial.quality.needs_a_look.map((finding) => finding.participant_id)).size;
  return (
    <div class="notices">
      {sloppy && <Notice kind="fail">This run was coarse and quick (--sloppy). It is not for results.</Notice>}
      {trial.blinded && (
        <Notice>
          <Words text={blindingInWords(trial)} />
        </Notice>
      )}
      {planChanged(trial.plan) && <Notice kind="warn">{trial.plan.sentence}</Notice>}
      {warnings.map((warning, i) => (
        <Notice kind="warn" key={i}>
          <Words text={warning} />
        </Notice>
      ))}
      {(leftOut > 0 || looks > 0) && (
        <Notice kind="warn">
          {leftOut > 0 &&
            `${leftOut} of ${plural(trial.participants.length, 'participant')} ${leftOut === 1 ? 'is' : 'are'} left out. `}
          {looks > 0 && `${plural(looks, 'participant')} should be looked at. `}
          <a href="#left-out">Who, and why</a>
        </Notice>
      )}
    </div>
  );
}

function Charts({ trial, measure }: { trial: Trial; measure: Measure }) {
  return (
    <Section
      id="charts"
      title={
        trial.blinded || !hasDoses(trial)
          ? 'Change in each participant'
          : 'Change in each participant, and how it depends on dose'
      }
    >
      <TimeChart trial={trial} measure={measure} />
      {trial.blinded ? (
        <p class="soft prose">Group means and charts against dose are withheld while the trial is blinded.</p>
      ) : (
        <>
          <div class="grid-2">
            <DoseChart trial={trial} measure={measure} />
            <GroupChart trial={trial} measure={measure} />
          </div>
          {trial.groups.length > 0 && <GroupTable trial={trial} measure={measure} />}
        </>
      )}
    </Section>
  );
}

export function TrialView({ page }: { page: TrialPage }) {
  const trial = useMemo(() => readTrial(page), [page]);
  const [measure, setMeasure] = useState<Measure>(trial.plan.measure ?? 'brain');
  const report = page.trial;
  return (
    <>
      <TopBar crumbs={[{ label: 'Trial' }, { label: 'Quality', href: 'quality.html' }]} />
      <div class="page">
        <Finding trial={trial} measure={measure} />
        <div class="trial-bar screen-only">
          <Segmented
            name="measure"
            legend="Measure"
            value={measure}
            onChange={setMeasure}
            options={measures.map((value) => ({ value, label: capitalized(measureNames[value]) }))}
          />
          <nav aria-label="Sections of this page">
            {sections.map(([id, label]) => (
              <a key={id} href={`#${id}`}>
                {label}
              </a>
            ))}
          </nav>
        </div>
        <Charts trial={trial} measure={measure} />
        <TestsSection trial={trial} measure={measure} />
        <LeftOutSection trial={trial} measure={measure} />
        <VisitsSection trial={trial} />
        <PlanSection trial={trial} />
        <BlindingSection trial={trial} />
        <ParticipantsSection trial={trial} measure={measure} />
        <MethodsSection methods={page.methods} />
        <ProvenanceSection
          version={report.version}
          options={report.options}
          inputs={report.inputs}
          more={[
            ['Analysis plan', trial.plan.sha256 ? <code>{trial.plan.sha256}</code> : 'none'],
            [
              'Quality decisions',
              trial.quality.decisions_file ? (
                <>
                  {trial.quality.decisions_file}, {trial.quality.decisions_sha256 ? 'SHA-256' : 'keyed SHA-256'}{' '}
                  <code>{trial.quality.decisions_sha256 ?? trial.quality.decisions_hmac_sha256}</code>
                </>
              ) : (
                'no file of decisions'
              ),
            ],
            ['Report', <span class="mono">trial_atrophy.json ({report.schema})</span>],
          ]}
        />
        <Footer version={report.version} />
      </div>
    </>
  );
}
