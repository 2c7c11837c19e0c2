import './participant.css';
import { useMemo, useState } from 'preact/hooks';
import type { ParticipantPage as PageData } from '../page_data';
import { Footer, TopBar } from '../shared/layout';
import { MethodsSection } from '../shared/methods';
import { ProvenanceSection } from '../shared/provenance';
import { ChecksSection } from './checks';
import { Headline } from './headline';
import { headlineOf } from './model';
import { PaperPicture, SignatureLine } from './paper';
import { TrajectorySection } from './trajectory';
import type { PaperPictures } from './viewer/viewer';
import { ViewerSection } from './viewer_section';
import { VisitsSection } from './visits';

function besideTrialPage(trialPage: string, file: string): string {
  return trialPage.replace(/[^/]*$/, file);
}

export function ParticipantPage({ page }: { page: PageData }) {
  const { report } = page;
  const [pictures, setPictures] = useState<PaperPictures | null>(null);
  const headline = useMemo(() => headlineOf(page), [page]);
  const change = headline?.change ?? null;
  const crumbs = [
    { label: 'Trial', href: page.trial_page },
    { label: 'Quality', href: besideTrialPage(page.trial_page, 'quality.html') },
    { label: report.participant_id },
  ];
  return (
    <>
      <TopBar crumbs={crumbs} />
      <div class="page participant-page">
        <Headline page={page} headline={headline} />
        <ViewerSection page={page} headline={change} onPictures={setPictures} />
        <PaperPicture page={page} pictures={pictures} />
        <TrajectorySection page={page} headline={change} />
        <VisitsSection page={page} />
        <SignatureLine />
        <div class="screen-only">
          <ChecksSection report={report} />
          <MethodsSection methods={page.methods} />
          <ProvenanceSection
            version={report.version}
            options={report.options}
            inputs={report.inputs}
            more={[['Failed checks', report.quality_mode === 'exclude' ? 'taken out of rates' : 'reported only']]}
          />
        </div>
        <Footer version={report.version}>
          <span class="print-only">
            Methods and provenance: {report.participant_id}.html, methods.md and {report.participant_id}_atrophy.json
          </span>
        </Footer>
      </div>
    </>
  );
}
