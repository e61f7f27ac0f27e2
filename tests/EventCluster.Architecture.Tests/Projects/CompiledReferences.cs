using System.Reflection;
using System.Reflection.Emit;

namespace EventCluster.Architecture.Tests.Projects;

/// <summary>Which types of an assembly the compiled code of each of its types uses.</summary>
internal static class CompiledReferences
{
    private const BindingFlags Declared =
        BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    private static readonly OpCode[] _oneByte = new OpCode[256];
    private static readonly OpCode[] _twoBytes = new OpCode[256];

    static CompiledReferences()
    {
        foreach (var field in typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            var code = (OpCode)field.GetValue(null)!;
            (code.Size == 1 ? _oneByte : _twoBytes)[code.Value & 0xff] = code;
        }
    }

    /// <summary>Pairs of top-level types of the assembly: the first uses the second.</summary>
    public static IEnumerable<(Type From, Type To)> Of(Assembly assembly) => assembly.GetTypes()
        .SelectMany(type => UsedBy(type).Where(used => used.Assembly == assembly).Select(used => (TopLevel(type), TopLevel(used))))
        .Where(static pair => pair.Item1 != pair.Item2)
        .Distinct();

    private static IEnumerable<Type> UsedBy(Type type)
    {
        var types = new List<Type?> { type.BaseType };
        types.AddRange(type.GetInterfaces());
        types.AddRange(type.GetFields(Declared).Select(static field => field.FieldType));
        foreach (var method in type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)))
        {
            types.AddRange(method.GetParameters().Select(static parameter => parameter.ParameterType));
            types.Add((method as MethodInfo)?.ReturnType);
            if (method.GetMethodBody() is { } body)
            {
                types.AddRange(body.LocalVariables.Select(static local => local.LocalType));
                types.AddRange(body.ExceptionHandlingClauses
                    .Where(static clause => clause.Flags == ExceptionHandlingClauseOptions.Clause).Select(static clause => clause.CatchType));
                types.AddRange(InCode(method, body.GetILAsByteArray()!));
            }
        }

        return types.OfType<Type>().SelectMany(Parts).Distinct();
    }

    private static IEnumerable<Type?> InCode(MethodBase method, byte[] code)
    {
        var typeArguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var at = 0; at < code.Length;)
        {
            var opcode = code[at] == 0xfe ? _twoBytes[code[at + 1]] : _oneByte[code[at]];
            at += opcode.Size;
            if (opcode.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
            {
                var member = method.Module.ResolveMember(BitConverter.ToInt32(code, at), typeArguments, methodArguments);
                yield return member as Type ?? member?.DeclaringType;
                if (member is MethodInfo { IsGenericMethod: true } generic)
                {
                    foreach (var argument in generic.GetGenericArguments())
                    {
                        yield return argument;
                    }
                }
            }

            at += opcode.OperandType == OperandType.InlineSwitch ? 4 + (4 * BitConverter.ToInt32(code, at)) : OperandBytes(opcode.OperandType);
        }
    }

    private static int OperandBytes(OperandType operand) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        _ => 4,
    };

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericParameter ? []
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Prepend(type.GetGenericTypeDefinition())
        : [type];

    private static Type TopLevel(Type type)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        return type;
    }
}
