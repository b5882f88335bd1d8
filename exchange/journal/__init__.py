"""The record of truth: every command, durable before anyone sees its effect."""
