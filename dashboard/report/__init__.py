"""The steering committee's deck: what it says (slides), then how it is shown (screen, PPTX, booklet)."""
