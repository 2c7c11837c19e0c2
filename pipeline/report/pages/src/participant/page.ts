import type { ParticipantPage as PageData } from '../page_data';
import { mountPage } from '../shared/mount';
import { ParticipantPage } from './participant_page';

mountPage<PageData>(ParticipantPage, (page) => `${page.report.participant_id}: brain volume change`);
