/** One dot that runs along a line that was just taken, in 0.9 s. */
import { useEffect, useRef } from 'preact/hooks';

const still = matchMedia('(prefers-reduced-motion: reduce)');

export function Runner({ path }: { readonly path: string }) {
  const motion = useRef<SVGAnimationElement>(null);
  // Its own clock began with the document: without this the run would be over before it is drawn.
  useEffect(() => motion.current?.beginElement(), []);
  if (still.matches) return null;
  return (
    <circle class="runner" r={4}>
      <animateMotion ref={motion} dur="0.9s" begin="indefinite" fill="freeze" {...{ path }} />
    </circle>
  );
}
