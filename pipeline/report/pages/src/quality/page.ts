import type { QualityPage } from '../page_data';
import { mountPage } from '../shared/mount';
import { Board } from './board';
import './quality.css';

mountPage<QualityPage>(Board, (page) => `Scan approval: ${page.visits.length} visits`);
