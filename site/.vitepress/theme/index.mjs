// VitePress' default theme with system fonts, so that no page loads a font, and the colours of the demo.
import DefaultTheme from 'vitepress/theme-without-fonts';
import './style.css';

export default DefaultTheme;
