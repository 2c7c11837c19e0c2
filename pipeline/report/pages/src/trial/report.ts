// The parts of trial_atrophy.json that page_data.ts leaves open, as schemas/trial.schema.json has them.
import type { Interval, Measure, TrialPage, TrialParticipant } from '../page_data';
import { pageLink } from '../shared/page_link';

export interface Summary {
  n: number;
  mean: number | null;
  standard_deviation: number | null;
  median: number | null;
  interval_95: Interval | null;
  minimum: number | null;
  maximum: number | null;
}

export interface DoseGroup {
  dose_group: string;
  dose: number | null;
  rates_percent_per_year: Record<Measure, Summary>;
}

export type Trend = 'linear' | 'jonckheere' | 'spearman';

export interface TrendTest {
  role: 'primary' | 'exploratory';
  share_of_pairs_in_order?: number | null;
  rho?: number;
  slope_percent_per_year_per_unit_of_scale?: number | null;
  p: number | null;
  p_two_sided: number | null;
  p_holm_across_measures: number | null;
  p_method: string;
  detectable: {
    power: number;
    slope_percent_per_year_per_unit_of_scale: number;
    highest_minus_lowest_percent_per_year: number;
  } | null;
}

export type DoseScale = 'linear' | 'log' | 'rank';

export interface Effect {
  name: string;
  estimate: number | null;
  standard_error: number | null;
  degrees_of_freedom: number | null;
  p_two_sided: number | null;
  interval_95: [number | null, number | null];
  detectable: number | null;
}

export interface Design {
  highest_minus_lowest_percent_per_year: number;
  years: number;
  visits: number;
  participants_per_dose_group: number | null;
}

export interface DoseResponse {
  n: number;
  sentence: string;
  scale: DoseScale;
  unable?: string; // then nothing of the following is there
  slope?: {
    percent_per_year_per_unit_of_scale: number | null;
    interval_95: [number | null, number | null];
    interval_method: string;
  };
  tests?: Record<Trend, TrendTest>;
  highest_minus_lowest?: {
    percent_per_year: number | null;
    interval: Interval | null;
    confidence: number | null;
    widest_interval: [number | null, number | null];
    method: string;
  };
  isotonic?: { direction: string; doses: number[]; percent_per_year: (number | null)[] };
  mixed_model?: { note: string; effects: Effect[]; response?: string };
  leave_one_out?: {
    note: string;
    without: {
      participant_id: string;
      slope_percent_per_year_per_unit_of_scale: number | null;
      p_linear: number | null;
    }[];
  };
  next_trial?: { power: number; alpha: number; variances: string; designs: Design[] };
}

export interface AnalysisPlan {
  sentence: string;
  file: string | null;
  sha256: string | null;
  fixed_sha256: string | null;
  changed_since_fixed: boolean;
  unblinded_sha256: string | null;
  changed_since_unblinded: boolean;
  measure: Measure | null;
  test: Trend | null;
  scale: DoseScale;
  alpha: number;
  sides: 'two' | 'less_loss' | 'more_loss';
}

export interface Finding {
  participant_id: string;
  session?: string;
  from?: string;
  to?: string;
  check: string;
  verdict?: 'warn' | 'fail';
  sentence: string;
  reason?: string | null;
  reader?: string | null;
}

export interface TrialQuality {
  mode: 'exclude' | 'report';
  decisions_file: string | null;
  decisions_sha256: string | null;
  decisions_hmac_sha256?: string; // in its place while blinded
  needs_a_look: Finding[];
  excluded: Finding[];
}

export interface WithExcluded {
  sentence: string;
  dose_response: Partial<
    Record<
      Measure,
      {
        n: number;
        unable?: string;
        slope?: { percent_per_year_per_unit_of_scale: number | null; interval_95: [number | null, number | null] };
        tests?: Partial<Record<Trend, { p: number | null }>>;
      }
    >
  >;
}

// What the page shows of its data: nothing of dose groups while the trial is blinded, whatever stands in the report.
export interface Trial {
  page: TrialPage;
  participants: TrialParticipant[];
  blinded: boolean;
  doseUnit: string | null;
  groups: DoseGroup[];
  response: Partial<Record<Measure, DoseResponse>>;
  plan: AnalysisPlan;
  quality: TrialQuality;
  withExcluded: WithExcluded | null;
}

export function readTrial(page: TrialPage): Trial {
  const report = page.trial;
  const { blinded } = report;
  return {
    page,
    participants: page.participants.map((one) => ({ ...one, page: pageLink(one.page) })),
    blinded,
    doseUnit: report.dose_unit || null,
    groups: blinded ? [] : (report.dose_groups as unknown as DoseGroup[]),
    response: report.dose_response as Partial<Record<Measure, DoseResponse>>,
    plan: report.analysis_plan as unknown as AnalysisPlan,
    quality: report.quality as unknown as TrialQuality,
    withExcluded: blinded ? null : (((report as { with_excluded?: unknown }).with_excluded as WithExcluded) ?? null),
  };
}
