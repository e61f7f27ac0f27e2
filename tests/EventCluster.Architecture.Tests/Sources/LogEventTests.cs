using System.Reflection;
using EventCluster.Architecture.Tests.Projects;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EventCluster.Architecture.Tests.Sources;

public sealed class LogEventTests
{
    private static readonly Dictionary<string, (int First, int Last)> _ranges = new()
    {
        ["EventCluster.Core"] = (1000, 1999),
        ["EventCluster.Storage.LocalDisk"] = (2000, 2999),
        // Numbers stay when code moves: Delivery was once a part of Edge.
        ["EventCluster.Delivery"] = (3000, 3999),
        ["EventCluster.Edge"] = (3000, 3999),
        ["EventCluster.Hosting"] = (4000, 4999),
        ["EventCluster.Server"] = (4000, 4999),
        ["EventCluster.Storage.PostgreSql"] = (5000, 5999),
    };

    private static readonly List<(MethodInfo Method, int EventId)> _messages =
        [.. from project in ProjectFile.BuiltUnder("src")
            from type in Assembly.Load(project.Name).GetTypes()
            from method in type.GetMethods(
                BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            let message = method.GetCustomAttribute<LoggerMessageAttribute>()
            where message is not null
            select (method, message.EventId)];

    [Fact]
    public void Messages_HaveIdentitiesOfTheirOwn()
    {
        var shared = _messages
            .GroupBy(message => message.EventId)
            .Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(message => $"{message.Method.DeclaringType!.Name}.{message.Method.Name}"))}");

        Assert.NotEmpty(_messages);
        Assert.Empty(shared);
    }

    [Fact]
    public void Messages_StayInTheRangeOfTheirRoom() =>
        Assert.All(_messages, message =>
        {
            var (first, last) = _ranges[message.Method.DeclaringType!.Assembly.GetName().Name!];
            Assert.InRange(message.EventId, first, last);
        });
}
