/* Streamlit has no translations: its few words that a reader can meet are put into French as they appear. */
(() => {
  if (window.optimediaFrench) return;
  const words = {
    "Collapse sidebar": "Replier le panneau",
    "Expand sidebar": "Ouvrir le panneau",
    "Sidebar": "Panneau des filtres",
    "App pages": "Pages",
    "Open": "Ouvrir",
    "Close": "Fermer",
    "Clear all": "Tout effacer",
    "Clear value": "Effacer",
    "Selected values": "Valeurs choisies",
    "Running...": "Calcul en cours",
    "Show suggestions": "Voir les choix",
    "Suggestions": "Choix",
    "Skip to main content": "Aller au contenu",
    "No results": "Aucun résultat",
    "Connection error": "Connexion perdue",
    "Page not found": "Page introuvable",
    "Upload": "Choisir un fichier",
    "Increment": "Augmenter",
    "Decrement": "Diminuer",
    "file upload": "Fichier à charger",
    "add icon": "Ajouter",
    "Add files": "Ajouter un fichier",
    "Delete file": "Retirer le fichier",
    "Bad message format": "Réponse illisible",
    "Download failed": "Le téléchargement a échoué",
    "Failed to generate file for download": "Ce fichier n’a pas pu être préparé. Réessayez dans un moment.",
    "Failed to generate file for download":
      "Fichier non fourni\u00a0: il n’a pas pu être préparé, ou inscrit au journal des exports. Réessayez, ou prévenez la personne qui tient le tableau de bord.",
  };
  const patterns = [
    [/^(\d+)MB per file(.*)$/, "$1\u00a0Mo au plus$2"],
    [/^([\d.]+)KB$/, "$1\u00a0Ko"],
    [/^Help for (.*)$/, "Aide\u00a0: $1"],
    [/^Remove (.*)$/, "Retirer $1"],
    [/^(\d+) options? available\.$/, "$1 choix possibles."],
    [/^(.*), selected\.?$/, "$1, choisi."],
    [/^option (.*), deselected\.$/, "$1, retiré."],
    [/^Streamlit server is not responding.*$/, "Le serveur ne répond pas. La page reprendra d’elle-même."],
    [/^Is Streamlit still running\?.*$/, "Le serveur est arrêté. Relancez-le\u00a0; la page reprendra d’elle-même."],
    [/^Cannot connect to Streamlit.*$/, "Le serveur ne répond pas. La page reprendra d’elle-même."],
    [/^(You have requested page|The page that you have requested).*$/, "Cette adresse n’existe pas\u00a0: voici l’accueil."],
    [/^This app has encountered an error.*$/, "Cette page a rencontré une erreur. Le journal du serveur dit laquelle."],
  ];
  const translated = (text) => {
    if (Object.hasOwn(words, text)) return words[text];
    const found = patterns.find(([pattern]) => pattern.test(text));
    return found ? text.replace(found[0], found[1]) : null;
  };
  const isOurs = (node) => node.parentElement?.closest("[data-testid=stHtml], [data-testid=stMarkdown], svg, script");
  const translate = (root) => {
    if (root.nodeType === Node.TEXT_NODE) {
      const french = isOurs(root) ? null : translated(root.nodeValue.trim());
      if (french) root.nodeValue = french;
      return;
    }
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    for (const element of [root, ...root.querySelectorAll("[aria-label]")]) {
      const french = translated(element.getAttribute("aria-label") ?? "");
      if (french) element.setAttribute("aria-label", french);
    }
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) translate(walker.currentNode);
  };
  const observe = { childList: true, subtree: true, characterData: true, attributeFilter: ["aria-label"] };
  window.optimediaFrench = new MutationObserver((changes) => {
    for (const change of changes) (change.type === "childList" ? change.addedNodes : [change.target]).forEach(translate);
  });
  document.documentElement.lang = "fr";
  translate(document.body);
  window.optimediaFrench.observe(document.body, observe);
})();
