import { useEffect, useState } from 'preact/hooks';

/** The page that the address names after its `#`. */
export function useRoute(): string {
  const [route, setRoute] = useState(location.hash.slice(1) || '/');
  useEffect(() => {
    const follow = () => setRoute(location.hash.slice(1) || '/');
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}
