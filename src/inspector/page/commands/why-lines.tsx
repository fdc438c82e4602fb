/** The answer to "why can't I?": every reason with its sign, what is missing, and the way there. */
import type { Because, Why } from '../../api.ts';
import { wholeSpan } from '../time.ts';

const signs: Readonly<Record<Because['is'], string>> = { yes: '✔', no: '✖', unknown: '?' };
const words: Readonly<Record<Because['is'], string>> = {
  yes: 'holds',
  no: 'does not hold',
  unknown: 'unknown',
};

export function WhyLines({ why }: { readonly why: Why }) {
  return (
    <div class="why">
      <p>
        <b>{why.command}</b> {verdictOf(why)} in <code>{why.state}</code>
        {why.code !== '' && (
          <>
            {' '}
            <span class="muted mono">{why.code}</span>
          </>
        )}
      </p>
      {why.message !== '' && <p class="why-message">{why.message}</p>}
      <ul class="because">
        {why.because.map(({ guard, is, text }) => (
          <li key={guard} class={is} title={guard}>
            <span aria-hidden="true">{signs[is]}</span>
            <span class="away">{words[is]}: </span>
            <span>{text}</span>
          </li>
        ))}
        {why.needs.map((name) => (
          <li key={`needs ${name}`} class="unknown">
            <span aria-hidden="true">?</span>
            <span>
              needs: <b>{name}</b>
            </span>
          </li>
        ))}
      </ul>
      {why.path.length > 0 && (
        <p>
          Way there: <b>{why.path.join(' → ')}</b>
        </p>
      )}
      {why.allowed !== 'yes' && why.allowedNext.length > 0 && (
        <p>
          Allowed now: <b>{why.allowedNext.join(', ')}</b>
        </p>
      )}
      {why.retryAfterMs !== undefined && <p>Try again in {wholeSpan(why.retryAfterMs + 999)}.</p>}
    </div>
  );
}

function verdictOf({ allowed, unchanged }: Why): string {
  if (allowed === 'unknown') return 'may be refused';
  if (allowed === 'no') return 'is refused';
  return unchanged ? 'changes nothing' : 'is allowed';
}
