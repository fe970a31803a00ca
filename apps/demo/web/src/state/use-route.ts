import { useEffect, useState } from 'preact/hooks';

/** Returns the route in the fragment of the address, and renders again when the fragment changes. */
export function useRoute(): string {
  const [route, setRoute] = useState(location.hash.slice(1) || '/');
  useEffect(() => {
    const follow = () => setRoute(location.hash.slice(1) || '/');
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}
