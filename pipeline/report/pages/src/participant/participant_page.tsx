import './participant.css';
import { useState } from 'preact/hooks';
import type { ParticipantPage as PageData } from '../page_data';
import { TopBar } from '../shared/layout';
import type { PaperPictures } from './viewer/viewer';
import { ViewerSection } from './viewer_section';

export function ParticipantPage({ page }: { page: PageData }) {
  const [pictures, setPictures] = useState<PaperPictures | null>(null);
  void pictures;
  return (
    <>
      <TopBar crumbs={[{ label: 'Trial', href: page.trial_page }, { label: page.report.participant_id }]} />
      <div class="page">
        <ViewerSection page={page} headline={{ from: 'ses-01', to: 'ses-02' }} onPictures={setPictures} />
      </div>
    </>
  );
}
