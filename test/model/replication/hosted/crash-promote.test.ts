// The two ways to another writer, with a death at every boundary.
import { crashTable } from './crash-table.ts';

crashTable('planned promote', 'forced promote');
