// What the program puts into each page: one JSON object a page. Reports stand in it as they stand in OUT, so that a
// number on a page is the number in the file. The JSON Schema files (pipeline/report/schemas/page-*.schema.json) say the
// same, and the tests hold both to each other. Percentages are percent (not fractions); negative = loss.

export type Measure = 'brain' | 'gray_matter' | 'white_matter';
export type TissueValues = Record<Measure, number | null>;
export type Interval = [number, number];
export type Verdict = 'pass' | 'warn' | 'fail';

export interface Check {
  name: string;
  value: number | null;
  limit: number | null;
  verdict: Verdict;
  sentence: string;
}

export interface Quality {
  verdict: Verdict;
  checks: Check[];
  [figure: string]: unknown;
}

export interface Decision {
  decision: 'pass' | 'fail';
  reason: string;
  reader: string;
  time: string; // ISO 8601
}

// Made from what the run really did. The same text as OUT/methods.md.
export interface Methods {
  paragraphs: string[]; // plain text; references as [1], [2]
  references: { number: number; text: string; doi: string }[]; // doi may be empty
}

// ---------------------------------------------------------------------------------------------- OUT/trial.html
export interface TrialPage {
  schema: 'wane/page-trial/1';
  trial: TrialReport; // trial_atrophy.json, verbatim
  participants: TrialParticipant[]; // all of the dataset, in its order, those left out too
  methods: Methods;
}

// The parts of trial_atrophy.json that the page uses; schemas/trial.schema.json describes all of it.
export interface TrialReport {
  schema: 'wane/trial/1';
  sign_convention: string;
  version: string;
  dose_unit: string;
  blinded: boolean;
  sentence: string;
  analysis_plan: Record<string, unknown> & { sentence: string; measure: Measure | null };
  quality: Record<string, unknown>;
  dose_groups: Record<string, unknown>[];
  dose_response: Partial<Record<Measure, Record<string, unknown>>>; // without where blinded
  completed_visits: { session: string; dose_group: string | null; completed: number; participants: number }[];
  participants: Record<string, unknown>[];
  left_out: Record<string, unknown>[];
  warnings: string[];
  options: Record<string, unknown>;
  inputs: { path: string; sha256?: string; hmac_sha256?: string }[]; // a keyed hash while blinded
  sloppy?: boolean;
}

export interface TrialParticipant {
  participant_id: string;
  page: string | null; // "sub-01.html", relative to trial.html; null where there is none
  dose_group: string | null; // null while blinded
  dose: number | null; // null while blinded
  verdict: Verdict | null; // null where there is no report
  left_out_because: string | null; // a sentence; null: has a rate that counts
  flags: string[]; // sentences of the checks that warn or fail
  // in_rate: the participant's rate is made of it, as visits.tsv says. counts: the checks and people let it into rates.
  visits: { session: string; days: number | null; volumes_ml: Record<string, number | null>; verdict: Verdict; in_rate: boolean }[];
  changes: { from: string; to: string; days: number | null; percent: TissueValues; standard_error: TissueValues; verdict: Verdict; counts: boolean }[];
  rates_percent_per_year: TissueValues | null;
  rate_intervals_95: Partial<Record<Measure, Interval>> | null;
}

// ---------------------------------------------------------------------------------------------- OUT/sub-XX.html
export interface ParticipantPage {
  schema: 'wane/page-participant/1';
  blinded: boolean;
  dose_unit: string;
  report: ParticipantReport; // sub-XX_atrophy.json with the doses, groups and decisions of now, as trial.html has them
  counts: { visits: boolean[]; changes: boolean[] }; // of the report's visits and changes, in their order: in the rates
  left_out_because: string | null; // a sentence; null: has a rate that counts
  scans: ScanFacts[]; // one a visit of the report, in its order
  viewer: Viewer | null; // null where no images are in OUT (--derivatives, or one visit that failed)
  picture: string; // data:image/jpeg;base64,… of the static picture (all visits in three planes); "" where there is none
  trial_page: string; // "../trial.html" or "trial.html", relative
  methods: Methods;
}

export interface ParticipantReport {
  schema: 'wane/participant/1';
  sign_convention: string;
  version: string;
  participant_id: string;
  dose_group: string | null;
  dose: number | null;
  verdict: Verdict;
  sentence: string;
  visits: {
    session: string;
    days: number | null;
    volumes_ml: Record<'brain' | 'gray_matter' | 'white_matter' | 'csf' | 'intracranial', number | null>;
    quality: Quality;
    decision: Decision | null;
    measured_together: boolean;
    notes: string[];
    inputs: string[];
  }[];
  changes: {
    from: string;
    to: string;
    days: number | null;
    percent: TissueValues;
    standard_error: TissueValues;
    boundary_shift: { percent: TissueValues; standard_error: TissueValues } | null;
    quality: Quality;
  }[];
  rates_percent_per_year: TissueValues | null;
  rate_intervals: Record<string, unknown> | null;
  quality: Quality; // of the person
  quality_mode: 'exclude' | 'report';
  warnings: string[];
  options: Record<string, unknown>;
  inputs: { path: string; sha256: string }[];
  sloppy?: boolean;
}

// From the JSON sidecar beside the scan and the scan's header; only these fields, cleaned; null where not known.
export interface ScanFacts {
  session: string;
  acquired: string | null; // date as the dataset's sessions table has it
  manufacturer: string | null;
  model: string | null;
  field_strength_t: number | null;
  sequence: string | null;
  voxel_size_mm: [number, number, number] | null; // of the raw scan
}

// Everything is on one grid, midpoint space, cropped around the head. Images are gzipped NIfTI-1, base64.
export interface Viewer {
  voxel_size_mm: [number, number, number]; // of the images here; coarser than OUT's where they would not fit
  coarser_than_measured: boolean;
  visits: {
    session: string;
    t1w: string; // uint8; white matter near 160, the same window for all visits
    brain: string; // uint8 0/1
    tissues: string; // uint8 labels: 1 CSF, 2 GM, 3 WM, whichever fills most of the voxel; 0 elsewhere
  }[];
  // Empty where OUT has no maps of change (measured by an older version): the page says so.
  changes: {
    from: string;
    to: string;
    map: string; // int16 with scl_slope: percent change of local volume; NaN never occurs; 0 where not measured
    measured: string; // uint8 0/1: where it is measured
    extreme_percent: number; // 99th percentile of |map| where measured: for the color scale
  }[];
  surface: {
    mesh: string; // VTK legacy binary polydata, base64: the same bytes as the file in OUT
    file: string; // its name in OUT
    // Of each vertex, in the mesh's order: percent, float32 little endian, base64; one per entry of `changes`.
    changes: string[];
  } | null;
}

// ---------------------------------------------------------------------------------------------- OUT/quality.html
export interface QualityPage {
  schema: 'wane/page-quality/1';
  blinded: boolean; // then no dose group and no dose stands in the page at all
  version: string;
  dataset_key: string; // names this dataset for the browser's store; says nothing of it
  visits: QualityVisit[]; // worst first
  methods: Methods;
}

export interface QualityVisit {
  participant_id: string;
  session: string; // "" where the dataset has no sessions
  page: string | null; // "sub-01.html"
  dose_group: string | null; // null while blinded
  days: number | null;
  verdict: Verdict; // of the visit and of the pairs that it is part of, the worst
  measured_together: boolean;
  usable: boolean; // false: the scan could not be read or has no head; a reader cannot pass it
  not_measured_because: string | null; // a sentence where there is no measurement of this visit, for whatever reason; else null
  checks: Check[]; // of the visit: all
  pairs: { from: string; to: string; checks: Check[] }[]; // only those that warn or fail
  decision: Decision | null; // as quality_decisions.tsv has it now
  picture: string; // data:image/jpeg;base64,… three planes, brain outline; "" where there is none
}
