namespace JetBrains.Annotations;

/// <summary>
/// An outcome that is not looked at is a refusal that nobody notices. Editors and inspections that know the attribute by its
/// name warn where a call drops its result.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MustUseReturnValueAttribute : Attribute;
