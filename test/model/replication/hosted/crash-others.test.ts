// Birth, points, the way home, trials and the end of a replication, with a death at every boundary.
import { crashTable } from './crash-table.ts';

crashTable('create', 'tick', 'failback', 'test failover', 'delete');
