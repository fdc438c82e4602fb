/** The views: first segment of the address, title, second key after `g`, and where the code is. */
import type { ComponentType } from 'preact';
import { ActorsView } from './views/actors.tsx';

export interface View {
  /** First segment of the address. */
  readonly name: string;
  readonly title: string;
  /** Key after `g`. */
  readonly chord: string;
  /** Loaded with the page, or when it is first opened. */
  readonly view: ComponentType | (() => Promise<ComponentType>);
  readonly isLazy: boolean;
}

const direct = (name: string, title: string, chord: string, view: ComponentType): View => ({
  name,
  title,
  chord,
  view,
  isLazy: false,
});

const lazy = (
  name: string,
  title: string,
  chord: string,
  view: () => Promise<ComponentType>,
): View => ({ name, title, chord, view, isLazy: true });

export const views: readonly View[] = [
  direct('actors', 'Actors', 'a', ActorsView),
  lazy('map', 'Map', 'm', async () => (await import('./views/map.tsx')).MapView),
  lazy(
    'replications',
    'Replications',
    'r',
    async () => (await import('./views/replications.tsx')).ReplicationsView,
  ),
  lazy(
    'breakers',
    'Breakers',
    'b',
    async () => (await import('./views/breakers.tsx')).BreakersView,
  ),
  lazy('audit', 'Audit', 'u', async () => (await import('./views/audit.tsx')).AuditView),
  lazy('commands', 'Commands', 'c', async () => (await import('./dialogs.tsx')).CommandsView),
  lazy('health', 'Health', 'h', async () => (await import('./views/health.tsx')).HealthView),
  lazy('kpi', 'KPI', 'k', async () => (await import('./views/kpi.tsx')).KpiView),
];
