import type { ParticipantPage } from '../page_data';
import { readPageData } from '../read_page_data';

const page = readPageData<ParticipantPage>();
document.title = page.schema;
