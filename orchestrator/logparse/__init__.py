"""logparse"""
