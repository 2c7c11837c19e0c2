import type { QualityPage } from '../page_data';
import { readPageData } from '../read_page_data';

const page = readPageData<QualityPage>();
document.title = page.schema;
