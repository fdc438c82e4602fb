/** `fairlead dashboard`: the Grafana dashboard of every metric this version has, for `Import` in Grafana. */
import { grafanaDashboard } from '../../dashboard/grafana.ts';
import { exits } from '../exit-codes.ts';
import type { Verb } from '../shell.ts';

export const dashboard: Verb = ({ terminal }) => {
  terminal.out(`${JSON.stringify(grafanaDashboard(), undefined, 2)}\n`);
  return Promise.resolve(exits.ok);
};
