import { Card, Notice, Pairs, Section, Words } from '../shared/layout';
import { Badge } from '../shared/verdict';
import { capitalized, measureNames } from '../shared/format';
import { hasDoses } from './model';
import type { AnalysisPlan, Trial } from './report';

const tests = {
  linear: 'linear contrast',
  jonckheere: 'Jonckheere–Terpstra test',
  spearman: 'Spearman rank correlation',
};
const sides = {
  two: 'two-sided',
  less_loss: 'one-sided, less loss with dose',
  more_loss: 'one-sided, more loss with dose',
};

export function planChanged(plan: AnalysisPlan): boolean {
  return plan.changed_since_fixed || plan.changed_since_unblinded;
}

function hash(sha256: string | null, none: string) {
  if (sha256 === null) return none;
  return sha256 === 'none' ? 'there was no plan then' : <code>{sha256}</code>;
}

function sinceBlinded(plan: AnalysisPlan) {
  if (plan.fixed_sha256 === null) return 'No run was blinded.';
  if (plan.changed_since_fixed) return <>Changed. SHA-256 then: {hash(plan.fixed_sha256, '')}</>;
  return plan.file ? 'Unchanged.' : 'There was no plan then, and there is none now.';
}

function sinceUnblinded(plan: AnalysisPlan) {
  if (plan.unblinded_sha256 === null) return 'No run has reported unblinded results.';
  if (!plan.changed_since_unblinded) return plan.file ? 'Unchanged.' : 'There was no plan then, and there is none now.';
  return plan.unblinded_sha256 === 'none' ? (
    'Added afterwards: there was no plan then.'
  ) : (
    <>Changed afterwards. SHA-256 then: {hash(plan.unblinded_sha256, '')}</>
  );
}

export function PlanSection({ trial }: { trial: Trial }) {
  const { plan } = trial;
  return (
    <Section id="plan" title="Analysis plan">
      {planChanged(plan) ? (
        <Notice kind="warn">
          <Words text={plan.sentence} />
        </Notice>
      ) : (
        <p class="prose">{plan.sentence}</p>
      )}
      <Card>
        <Pairs
          pairs={[
            [
              'Primary analysis',
              plan.measure && plan.test ? `${capitalized(measureNames[plan.measure])}, ${tests[plan.test]}` : 'none',
            ],
            ['Scale of the dose', plan.scale],
            ['Significance level', `${plan.alpha}, ${sides[plan.sides]}`],
            ['File', plan.file ? <span class="mono">{plan.file}</span> : 'none was given'],
            ['SHA-256 of the plan', hash(plan.sha256, 'none')],
            ['Since the first blinded run', sinceBlinded(plan)],
            ['Since results were first reported unblinded', sinceUnblinded(plan)],
          ]}
        />
      </Card>
    </Section>
  );
}

export function BlindingSection({ trial }: { trial: Trial }) {
  return (
    <Section id="blinding" title="Blinding">
      <p class="prose">
        <Badge kind={trial.blinded ? 'accent' : undefined}>{trial.blinded ? 'Blinded' : 'Not blinded'}</Badge>{' '}
        <Words text={blindingInWords(trial)} />
      </p>
    </Section>
  );
}

function shownInWords(trial: Trial): string {
  if (hasDoses(trial))
    return trial.groups.length === 0 ? 'This report shows doses.' : 'This report shows doses and dose groups.';
  return trial.groups.length === 0
    ? 'The dataset names no dose groups, so there is nothing to blind.'
    : 'This report shows dose groups; the dataset names no doses.';
}

export function blindingInWords(trial: Trial): string {
  if (trial.blinded)
    return (
      'This trial is blinded: doses, dose groups, group means and tests against dose are not shown, because groups in ' +
      'a clear order would tell which dose each had. `wane unblind` reveals them, once, and the log records it.'
    );
  const before = trial.plan.fixed_sha256 === null ? '' : ' A blinded run came before and fixed the analysis plan.';
  return shownInWords(trial) + before;
}
