/** Waiting in tests: on events that keep coming, and on conditions with a bound. */
import type { FakeService } from './fake-service.ts';

/** Publishes until the work is done, so that waits never sit out their regular look. */
export async function stirring<T>(service: FakeService, work: Promise<T>): Promise<T> {
  const beat = setInterval(() => {
    service.publish({ id: 'x' });
  }, 5);
  try {
    return await work;
  } finally {
    clearInterval(beat);
  }
}

/** Resolves when the condition holds; fails after two seconds. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('the condition never held');
}
