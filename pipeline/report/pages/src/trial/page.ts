import type { TrialPage } from '../page_data';
import { readPageData } from '../read_page_data';

const page = readPageData<TrialPage>();
document.title = page.schema;
