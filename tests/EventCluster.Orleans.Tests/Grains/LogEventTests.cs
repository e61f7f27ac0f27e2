using System.Reflection;
using EventCluster.Orleans.Grains;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EventCluster.Orleans.Tests.Grains;

/// <summary>The architecture suite does not build this room, so its log messages are looked at here.</summary>
public sealed class LogEventTests
{
    [Fact]
    public void Messages_HaveIdentitiesOfTheirOwnInTheRangeOfTheRoom()
    {
        var ids = (from type in typeof(IStreamGrain).Assembly.GetTypes()
                   from method in type.GetMethods(BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly)
                   let message = method.GetCustomAttribute<LoggerMessageAttribute>()
                   where message is not null
                   select message.EventId).ToList();

        Assert.NotEmpty(ids);
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(ids, id => Assert.InRange(id, 6000, 6099));
    }
}
