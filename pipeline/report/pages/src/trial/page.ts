import type { TrialPage } from '../page_data';
import { mountPage } from '../shared/mount';
import { TrialView } from './view';

mountPage<TrialPage>(TrialView, () => 'Wane: trial report');
