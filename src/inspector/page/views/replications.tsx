/** Replications as pairs of cards, and groups of them; disputes first. */
import { place } from '../location.ts';
import { nowMs } from '../store.ts';
import { Freshness } from './freshness.tsx';
import { useListing } from './listing.ts';
import { moodOf } from './replications/facts.ts';
import type { GroupView, Mood, ReplicationView } from './replications/facts.ts';
import { GroupCard } from './replications/group-card.tsx';
import { PairCard } from './replications/pair-card.tsx';
import { WallHead } from './wall-head.tsx';

const ranks: Readonly<Record<Mood, number>> = { bad: 0, changing: 1, idle: 2, good: 3 };
const titles: Readonly<Record<Mood, string>> = {
  bad: 'need somebody',
  changing: 'on their way',
  idle: 'paused',
  good: 'in step',
};

export function ReplicationsView() {
  const pairs = useListing<ReplicationView>('replication');
  const groups = useListing<GroupView>('replicationgroup');
  const q = place.value.query.get('q') ?? '';
  const items = pairs.items ?? [];
  const shown = items.filter((each) => nameOf(each).includes(q.toLowerCase())).sort(worstFirst);
  const shownGroups = (groups.items ?? []).filter((each) => nameOf(each).includes(q.toLowerCase()));
  return (
    <div class="wall-view padded">
      <WallHead q={q} of="replications" by="name">
        <Summary items={items} />
        <Freshness
          data={pairs.items}
          arrivedMs={pairs.arrivedMs}
          problem={pairs.problem || groups.problem}
          reload={() => {
            pairs.reload();
            groups.reload();
          }}
        />
      </WallHead>
      {pairs.isCut && (
        <p class="late">There are more than the {items.length} shown; filter them in Actors.</p>
      )}
      {pairs.items !== undefined && shown.length === 0 && (
        <p class="muted">
          {items.length === 0 ? (
            <>
              No replications yet. Make one: <code>fairlead apply -f replication.yaml</code>
            </>
          ) : (
            'No replication has this in its name.'
          )}
        </p>
      )}
      {shownGroups.length > 0 && (
        <section aria-label="Groups">
          <h2 class="part">Groups</h2>
          <ul class="wall pairs">
            {shownGroups.map((view) => (
              <li key={nameOf(view)}>
                <GroupCard view={view} nowMs={nowMs.value} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <section aria-label="Pairs">
        {shownGroups.length > 0 && <h2 class="part">Pairs</h2>}
        <ul class="wall pairs">
          {shown.map((view) => (
            <li key={nameOf(view)}>
              <PairCard view={view} nowMs={nowMs.value} />
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

const nameOf = ({ metadata: { namespace, name } }: ReplicationView | GroupView): string =>
  `${namespace}/${name}`;

const worstFirst = (left: ReplicationView, right: ReplicationView): number =>
  ranks[moodOf(left)] - ranks[moodOf(right)] || nameOf(left).localeCompare(nameOf(right));

function Summary({ items }: { readonly items: readonly ReplicationView[] }) {
  const moods = items.map(moodOf);
  return (
    <span>
      {(Object.keys(ranks) as Mood[])
        .map((mood) => [moods.filter((each) => each === mood).length, titles[mood]] as const)
        .filter(([count]) => count > 0)
        .map(([count, title]) => `${count} ${title}`)
        .join(', ')}
    </span>
  );
}
