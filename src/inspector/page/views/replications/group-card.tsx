/** A group of replications that move together: its members side by side, and how its newest order ended. */
import { actorHref } from '../../location.ts';
import { wholeSpan } from '../../time.ts';
import type { GroupView, Mood } from './facts.ts';
import { Orders } from './orders.tsx';
import { MoodSign } from './pair-card.tsx';

function groupMood({ status }: GroupView): Mood {
  if (status?.operation) return 'changing';
  if (status?.lastOrder?.ok === false) return 'bad';
  return status?.writer === 'home' || status?.writer === 'away' ? 'good' : 'bad';
}

export function GroupCard({ view, nowMs }: { readonly view: GroupView; readonly nowMs: number }) {
  const { namespace, name } = view.metadata;
  const {
    phase = 'unknown',
    writer = 'unknown',
    members = [],
    operation,
    observedAtMs,
  } = view.status ?? {};
  const failure = failureOf(view);
  return (
    <article class={`panel card card-${groupMood(view)}`} aria-label={`group ${namespace}/${name}`}>
      <header class="card-head">
        <h2 class="key">
          <a href={actorHref(`replicationgroup/${namespace}/${name}`)}>
            <span class="muted">{namespace}/</span>
            {name}
          </a>
        </h2>
        <MoodSign mood={groupMood(view)} text={phase} />
      </header>
      {failure !== '' && <p class="problem">{failure}</p>}
      <p>
        writer <b>{writer}</b>
        <span class="muted">
          {observedAtMs
            ? `, members seen ${wholeSpan(nowMs - observedAtMs)} ago`
            : ', members never seen'}
        </span>
      </p>
      {operation && (
        <p>
          <b>
            {operation.how} {operation.verb}
          </b>
          : {operation.settled?.length ?? 0} of {operation.moving?.length ?? 0} armed
        </p>
      )}
      <div class="scroll-x" tabIndex={0} role="group" aria-label={`Members of ${name}`}>
        <table class="grid">
          <thead>
            <tr>
              {['member', 'writer', 'home', 'away', 'waits at'].map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {members.map(({ name: member, known, writer: own, home, away, at, says }) => (
              <tr key={member} title={says}>
                <th scope="row">
                  <a href={actorHref(`replication/${namespace}/${member}`)}>{member}</a>
                </th>
                {known === false ? (
                  <td colSpan={4}>there is none of this name</td>
                ) : (
                  [own, home, away, at].map((cell, index) => <td key={index}>{cell ?? '-'}</td>)
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Orders
        {...{
          kind: 'replicationgroup',
          namespace,
          name,
          verbs: ['failover', 'failback', 'cancel'],
        }}
        allowed={view.allowedNext ?? []}
      />
    </article>
  );
}

/** Of the newest order, when it came to nothing: each member with what it says. */
function failureOf({ status }: GroupView): string {
  const { verb = 'order', ok = true, cause = '', failures = [] } = status?.lastOrder ?? {};
  if (ok || status?.operation) return '';
  const said = [cause, ...failures.map(({ name, says }) => `${name}: ${says}`)];
  return `The last ${verb} failed. ${said.filter((part) => part !== '').join('; ')}`;
}
