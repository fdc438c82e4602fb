/** The form for those who come without a cookie. */
import { signal } from '@preact/signals';
import { Mark } from './mark.tsx';
import { signIn, signInProblem } from './session.ts';

const typed = signal('');
const isBusy = signal(false);

async function submit(event: Event): Promise<void> {
  event.preventDefault();
  isBusy.value = true;
  await signIn(typed.value);
  isBusy.value = false;
}

export function SignIn() {
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={(event) => void submit(event)}>
        <h1>
          <Mark /> Fairlead
        </h1>
        <p class="muted">
          Open the link the host printed at its start, or paste the token behind <code>#t=</code>.
        </p>
        <label class="field">
          <span>Token</span>
          <input
            type="password"
            autocomplete="off"
            required
            value={typed}
            onInput={(event) => (typed.value = event.currentTarget.value)}
          />
        </label>
        {signInProblem.value !== '' && (
          <p class="problem" role="alert">
            {signInProblem}
          </p>
        )}
        <button class="primary" type="submit" disabled={isBusy.value}>
          Sign in
        </button>
      </form>
    </main>
  );
}
