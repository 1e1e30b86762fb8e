"""The five tabs of the models' settings. All of them take the permission to manage models."""

MANAGE = "llm.manage_models"
